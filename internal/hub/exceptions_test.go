package hub

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/report/prose"
	"signet/internal/run"
	"signet/internal/store"
)

// TestHubExceptions: a proposal changes nothing, an approval does, and the exported policy says the same.
func TestHubExceptions(t *testing.T) {
	checktest.ServeDesktop(t, "127.9.4.1")
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.4.0/24")
	ctx := t.Context()
	j, err := h.LaunchBare(ctx, act(), &Bare{Targets: []string{"127.9.4.1"}, Checks: []string{"rdp"}})
	j = h.done(t, j, err)
	soon(t, "the finding stands on the board", func() bool { return rows(t, h.View(system()))[nla].Rule != "" })
	operator := desk.Act{Who: desk.Who{Via: desk.BySession, ID: "op", Name: "op", Role: desk.Operator}}
	x, err := h.Desk.ProposeException(ctx, operator, desk.Exception{Rule: nla, Scope: desk.Terms{"127.9.4.1"}, Owner: "ops", Reason: "old", Until: time.Now().AddDate(1, 0, 0).Format(time.DateOnly)})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, h.View(system()))[nla].State; got != estate.Open {
		t.Errorf("proposed: %v", got)
	}
	approved := desk.Approved
	if _, err := h.Desk.ChangeException(ctx, act(), x.ID, store.AnyRev, desk.ExceptionChange{State: &approved}); err != nil {
		t.Fatal(err)
	}
	if err := h.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, h.View(system()))[nla].State; got != estate.Excepted {
		t.Errorf("approved: %v", got)
	}
	text, err := h.PolicyText("baseline", "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := run.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := h.Env.Judge(p)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	stored := &run.Stored{Store: h.Store, Runs: runs}
	r, err := stored.Find(j.Run)
	if err != nil {
		t.Fatal(err)
	}
	f := prose.Text()
	if _, err := h.Env.Report(ctx, stored.Input(ctx, r), &run.Replay{Judge: judge.On(time.Now())}, f.Run(&b, &report.Options{Checks: h.Env.Checks, Width: 100})); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "ops") {
		t.Errorf("a report under the exported policy does not know the accepted risk:\n%s", b.String())
	}
}

// TestHubExceptionsOfSite: an exception of a site covers its findings and no other's, on the board, in reports, in what a policy would change, and
// under the policy that is exported for it.
func TestHubExceptionsOfSite(t *testing.T) {
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.5.0/24")
	ctx := t.Context()
	sites, runs := []string{}, []string{}
	for _, addr := range []string{"127.9.5.51", "127.9.5.52"} {
		checktest.ServeDesktop(t, addr)
		s, err := h.Desk.PutSite(ctx, act(), desk.Site{Name: "of " + addr, Targets: []string{addr}, Checks: []string{"rdp"}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		j, err := h.LaunchSite(ctx, act(), s.ID)
		runs, sites = append(runs, h.done(t, j, err).Run), append(sites, s.ID)
	}
	states := func(who desk.Who) (list []string) {
		page, err := h.View(who).Board.Page(&estate.RowFilter{Rule: nla}, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			list = append(list, r.Endpoint.Addr.String()+" "+r.State.String())
		}
		slices.Sort(list)
		return list
	}
	soon(t, "both findings stand on the board", func() bool { return len(states(system())) == 2 })
	x, err := h.Desk.ProposeException(ctx, act(), desk.Exception{Rule: nla, Site: sites[0], Owner: "ops-of-one", Reason: "old", Until: time.Now().AddDate(1, 0, 0).Format(time.DateOnly)})
	if err != nil || x.State != desk.Approved {
		t.Fatal(x, err)
	}
	if err := h.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	limited := func(site string) desk.Who {
		return desk.Who{Via: desk.BySession, ID: "op", Role: desk.Operator, Sites: []string{site}}
	}
	want := []string{"127.9.5.51 excepted", "127.9.5.52 open"}
	if got := states(system()); !slices.Equal(got, want) {
		t.Errorf("the board has %q, want %q", got, want)
	}
	for i, site := range sites {
		if got := states(limited(site)); !slices.Equal(got, want[i:i+1]) {
			t.Errorf("who sees one site: %q, want %q", got, want[i:i+1])
		}
	}
	p, err := h.Preview(ctx, system(), "baseline", nil, nil)
	if err != nil || p.Shift.Excepted != [2]int{1, 1} || len(p.Shift.Rows) != 0 {
		t.Errorf("a preview of what stands: %+v, %v", p.Shift, err)
	}
	stored, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		t.Fatal(err)
	}
	from := &run.Stored{Store: h.Store, Runs: stored}
	for i, site := range sites {
		text, err := h.PolicyText("baseline", site)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := run.ParsePolicy(text)
		if err != nil {
			t.Fatal(err)
		}
		judge, err := h.Env.Judge(policy)
		if err != nil {
			t.Fatal(err)
		}
		r, err := from.Find(runs[i])
		if err != nil {
			t.Fatal(err)
		}
		f := prose.Text()
		var by, board bytes.Buffer
		if _, err := h.Env.Report(ctx, from.Input(ctx, r), &run.Replay{Judge: judge.On(time.Now())}, f.Run(&by, &report.Options{Checks: h.Env.Checks, Width: 100})); err != nil {
			t.Fatal(err)
		}
		if err := h.Report(ctx, system(), runs[i], f, &board); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(by.String(), "ops-of-one") != (i == 0) || by.String() != board.String() {
			t.Errorf("of site %d the exported policy says\n%s\nand the server\n%s", i, by.String(), board.String())
		}
	}
	if text, err := h.PolicyText("baseline", ""); err != nil || strings.Contains(string(text), "ops-of-one") {
		t.Errorf("exported for no site: %v\n%s", err, text)
	}
}
