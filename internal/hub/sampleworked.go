package hub

import (
	"context"
	"errors"
	"time"

	"signet/internal/desk"
	"signet/internal/estate"
)

// ShowSample has the sample shown as it looks once people have worked at it for a while. It is for a store of its own.
func (h *Hub) ShowSample(ctx context.Context) error {
	act := desk.Act{Who: desk.System()}
	if err := h.LoadSample(ctx, act); err != nil {
		return err
	}
	groups := h.View(act.Who).Board.Groups(&estate.RowFilter{}) // the worst first
	if len(groups) < 4 {
		return errors.New("the sample has too few findings")
	}
	said := func(group int, state desk.RowWord, owner, ticket string, days, most int) error {
		page, err := h.View(act.Who).Board.Page(&estate.RowFilter{Rule: groups[group].Rule, States: []estate.State{estate.Open}}, "", most)
		if err != nil {
			return err
		}
		due := h.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly)
		var edits []desk.RowEdit
		for i := range page.Items {
			edits = append(edits, desk.RowEdit{ID: page.Items[i].ID.String(), Owner: &owner, Ticket: &ticket, Due: &due, State: &state})
		}
		return h.Edit(ctx, act, edits)
	}
	until := h.Now().UTC().AddDate(0, 3, 0).Format(time.DateOnly)
	excepted, err := h.Desk.ProposeException(ctx, act, desk.Exception{Rule: groups[len(groups)-1].Rule, Scope: desk.Terms{"127.20.0.0/16"}, Owner: "server team", Reason: "These servers stand in a network of their own, and go in spring.", Until: until})
	if err != nil {
		return err
	}
	approved := desk.Approved
	if _, err := h.Desk.ChangeException(ctx, act, excepted.ID, excepted.Rev, desk.ExceptionChange{State: &approved}); err != nil {
		return err
	}
	_, err = h.Desk.ProposeException(ctx, act, desk.Exception{Rule: groups[len(groups)-2].Rule, Scope: desk.Terms{"127.20.0.0/16"}, Owner: "desk team", Reason: "What needs it is replaced in the next quarter.", Until: until})
	if err != nil {
		return err
	}
	if _, err := h.Desk.CreatePolicy(ctx, act, "ours", "name: ours\nversion: 1\nextends: baseline\nrules:\n  "+groups[len(groups)-3].Rule+": high\n"); err != nil {
		return err
	}
	return errors.Join(
		said(0, desk.RowInWork, "identity team", "https://tickets.example/4711", -2, 4),
		said(1, desk.RowInWork, "server team", "https://tickets.example/4718", 10, 4),
		said(1, desk.RowOpen, "server team", "", 24, 6),
		said(3, desk.RowToVerify, "desk team", "https://tickets.example/4702", 3, 2),
		h.Refresh(ctx))
}
