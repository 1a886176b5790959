package desk

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"signet/internal/store"
)

// RowState is what people say of a row of the board, by the row's ID. What the estate says of it, nobody writes.
type RowState struct {
	Owner   string    `json:"owner"`
	Ticket  string    `json:"ticket"` // an http or https URL
	Due     string    `json:"due"`    // a day, 2006-01-02
	Comment string    `json:"comment"`
	State   RowWord   `json:"state"`
	By      string    `json:"by"` // ID of who changed it last
	At      time.Time `json:"at"`
	Rev     uint64    `json:"-"`
}

// RowWord is the state that people give a row. That it is excepted or closed they cannot say: that is an exception's and an observation's.
type RowWord string

const (
	RowOpen     RowWord = "open"
	RowInWork   RowWord = "in-work"
	RowToVerify RowWord = "to-verify" // said to be mended
)

const (
	mostComment = 4000
	mostTicket  = 2000
	mostEdits   = 1000
	mostRowID   = 200
)

// RowEdit is what of a row is to be changed; nil: not that.
type RowEdit struct {
	ID   string
	Site string // that it belongs to, by ID; "": none
	Was  uint64 // a revision, 0 or store.AnyRev

	Owner, Ticket, Due, Comment *string
	State                       *RowWord
}

// Row gives what was said of a row: nothing, with a Rev of 0, of most.
func (d *Desk) Row(id string) RowState {
	k, err := d.rows.get(id)
	if err != nil {
		return RowState{State: RowOpen}
	}
	return rowOf(k)
}

// Rows gives what was said of all rows of which something was, by ID.
func (d *Desk) Rows() map[string]RowState {
	list := d.rows.list()
	all := make(map[string]RowState, len(list))
	for _, k := range list {
		all[k.id] = rowOf(k)
	}
	return all
}

func rowOf(k kept[RowState]) RowState {
	r := k.v
	r.Rev = k.rev
	return r
}

// EditRows changes what is said of some rows: of all of them or, with an error, of none.
func (d *Desk) EditRows(ctx context.Context, act Act, edits []RowEdit) error {
	for i := range edits {
		if !Allow(act.Who, Work, edits[i].Site) {
			return ErrForbidden
		}
	}
	if len(edits) > mostEdits {
		return ErrTooMany
	}
	return d.change(ctx, act, func(p *plan) error {
		for i := range edits {
			e := &edits[i]
			if e.ID == "" || len(e.ID) > mostRowID {
				return wrong("id", "want 1 to %d bytes", mostRowID)
			}
			if p.planned(d.rows.kind, e.ID) {
				return wrong("id", "%.40q is named twice", e.ID)
			}
			was := e.Was
			r := RowState{State: RowOpen}
			if k, err := d.rows.at(e.ID, was); err == nil {
				r, was = k.v, k.rev
			} else if errors.Is(err, store.ErrStale) || was != 0 && was != store.AnyRev {
				return &store.Stale{Kind: d.rows.kind, ID: e.ID}
			} else {
				was = 0
			}
			before := r
			fields, err := r.set(e)
			if err != nil {
				return err
			}
			r.By, r.At = act.Who.ID, p.now
			p.note("finding.change", e.ID, "fields", strings.Join(fields, " "))
			if err := errors.Join(d.rows.put(p, e.ID, was, r), d.noteRow(p, e.ID, &before, &r)); err != nil {
				return err
			}
		}
		return nil
	})
}

// ForgetRows takes away what was said of rows since some moment: of rows of the sample, which go with it. What was said before stays.
func (d *Desk) ForgetRows(ctx context.Context, act Act, since time.Time, ids []string) error {
	if !Allow(act.Who, Work, "") {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		for _, id := range ids {
			if k, err := d.rows.get(id); err == nil && !k.v.At.Before(since) {
				d.rows.remove(p, id, k.rev)
				p.note("finding.forget", id)
				notes, err := d.store.Documents(ctx, noteKind, id+"/", "", page)
				if err != nil {
					return err
				}
				for i := range notes {
					p.changes = append(p.changes, change{store.Edit{Kind: noteKind, ID: notes[i].ID, Was: store.AnyRev}, func(uint64) {}})
				}
			}
		}
		return nil
	})
}

// RowNote is what was said of a row at a time; what was not said anew then is nil. Comments are not in it.
type RowNote struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"` // ID
	Owner  *string   `json:"owner,omitempty"`
	Ticket *string   `json:"ticket,omitempty"`
	Due    *string   `json:"due,omitempty"`
	State  *RowWord  `json:"state,omitempty"`
}

const noteKind = "row-note" // by row and number of the entry in the audit log

// noteRow plans to keep what is said of a row anew.
func (d *Desk) noteRow(p *plan, id string, was, now *RowState) error {
	n := RowNote{At: p.now, By: now.By}
	for _, f := range []struct {
		was, now string
		to       **string
	}{{was.Owner, now.Owner, &n.Owner}, {was.Ticket, now.Ticket, &n.Ticket}, {was.Due, now.Due, &n.Due}} {
		if f.was != f.now {
			*f.to = &f.now
		}
	}
	if was.State != now.State {
		n.State = &now.State
	}
	if n.Owner == nil && n.Ticket == nil && n.Due == nil && n.State == nil {
		return nil
	}
	body, err := json.Marshal(n)
	seq := d.head.Seq + uint64(len(p.entries))
	p.changes = append(p.changes, change{store.Edit{Kind: noteKind, ID: id + "/" + auditID(seq), Was: store.AnyRev, Body: body}, func(uint64) {}})
	return err
}

// RowNotes gives what was said of a row, the oldest first.
func (d *Desk) RowNotes(ctx context.Context, id string) ([]RowNote, error) {
	if d.Row(id).Rev == 0 { // nothing ever was
		return nil, nil
	}
	list, err := d.store.Documents(ctx, noteKind, id+"/", "", page)
	if err != nil {
		return nil, err
	}
	var notes []RowNote
	for i := range list {
		var n RowNote
		if err := json.Unmarshal(list[i].Body, &n); err != nil {
			return nil, err
		}
		notes = append(notes, n)
	}
	return notes, nil
}

// rowNotes goes through what was said of all rows.
func (d *Desk) rowNotes(ctx context.Context, each func(*store.Document, *RowNote) error) error {
	for after := ""; ; {
		list, err := d.store.Documents(ctx, noteKind, "", after, page)
		if err != nil {
			return err
		}
		for i := range list {
			after = list[i].ID
			var n RowNote
			if err := json.Unmarshal(list[i].Body, &n); err != nil {
				return err
			}
			if err := each(&list[i], &n); err != nil {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// PruneRowNotes takes away what was said of rows before a time; what is said of them now stays.
func (d *Desk) PruneRowNotes(ctx context.Context, before time.Time) error {
	return d.change(ctx, Act{Who: System()}, func(p *plan) error {
		return d.rowNotes(ctx, func(doc *store.Document, n *RowNote) error {
			if n.At.Before(before) {
				p.changes = append(p.changes, change{store.Edit{Kind: noteKind, ID: doc.ID, Was: doc.Rev}, func(uint64) {}})
			}
			return nil
		})
	})
}

// set makes an edit, and names the fields that it is about.
func (r *RowState) set(e *RowEdit) (fields []string, err error) {
	if e.Owner != nil {
		if r.Owner, err = plain("owner", *e.Owner, mostOwner); err != nil {
			return nil, err
		}
		fields = append(fields, "owner")
	}
	if e.Ticket != nil {
		if r.Ticket, err = ticket(*e.Ticket); err != nil {
			return nil, err
		}
		fields = append(fields, "ticket")
	}
	if e.Due != nil {
		if r.Due = *e.Due; day("due", r.Due) != nil {
			return nil, day("due", r.Due)
		}
		fields = append(fields, "due")
	}
	if e.Comment != nil {
		if r.Comment, err = prose("comment", *e.Comment, mostComment); err != nil {
			return nil, err
		}
		fields = append(fields, "comment")
	}
	if e.State != nil {
		r.State = *e.State
		switch {
		case r.State == "excepted":
			return nil, wrong("state", "is an exception's to say: propose one")
		case r.State == "closed":
			return nil, wrong("state", "is an observation's to say: verify the finding")
		case !slices.Contains([]RowWord{RowOpen, RowInWork, RowToVerify}, r.State):
			return nil, wrong("state", "%.40q is no state: want open, in-work or to-verify", string(r.State))
		}
		fields = append(fields, "state")
	}
	return fields, nil
}

// ticket takes the address of a ticket, which a page makes a link of: http or https alone, whole, and without an account.
func ticket(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	if len(s) > mostTicket {
		return "", wrong("ticket", "has more than %d bytes", mostTicket)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"'<>`\\{}|^", r) }) {
		return "", wrong("ticket", "has characters that no URL has: write them as %%XX")
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || !slices.Contains([]string{"http://", "https://"}, u.Scheme+"://") {
		return "", wrong("ticket", "want a whole URL, http:// or https://")
	}
	if u.User != nil {
		return "", wrong("ticket", "has a user name or a password in it")
	}
	return s, nil
}
