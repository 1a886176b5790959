package estate_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"signet/internal/check/all"
	"signet/internal/estate"
	"signet/internal/judge"
)

// shown is all that an estate shows, and its board with what m remembers.
func shown(t *testing.T, e *estate.Estate, m *estate.Memory) string {
	t.Helper()
	var b strings.Builder
	write := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	for after := ""; ; {
		p, err := e.HostsPage(&estate.HostFilter{}, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Items {
			write(p.Items[i])
			one, ok := e.Host(p.Items[i].ID)
			if !ok {
				t.Fatalf("%s is not found by its ID", p.Items[i].Address)
			}
			write(one)
		}
		if after = p.Next; after == "" {
			break
		}
	}
	for _, q := range []string{"fs", "10.0.0.1", "corp", "127.", "dc1", "1\n", "nothing"} { // by words of names and addresses, in order
		for _, h := range allHosts(t, e, &estate.HostFilter{Q: q}, 7) {
			write(h.Address)
		}
	}
	write(e.Overview())
	write(e.Graph(estate.Opened{}))
	board, _ := e.Board(m)
	fmt.Fprintln(&b, rowsShown(t, board))
	return b.String()
}

// rowsShown is all that a board shows.
func rowsShown(t *testing.T, b *estate.Board) string {
	t.Helper()
	list := allRows(t, b, &estate.RowFilter{}, 0)
	if one := allRows(t, b, &estate.RowFilter{}, 1); !slices.EqualFunc(one, list, func(x, y estate.Row) bool { return x.ID == y.ID }) {
		t.Fatalf("row by row there are %d of %d", len(one), len(list))
	}
	if !slices.IsSortedFunc(list, func(x, y estate.Row) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(x.Rule, y.Rule), x.Endpoint.Addr.Compare(y.Endpoint.Addr), cmp.Compare(x.Endpoint.Port, y.Endpoint.Port))
	}) {
		t.Fatalf("rows are not in order: %v", list)
	}
	text := fmt.Sprintln(list, b.Groups(&estate.RowFilter{}))
	for _, q := range []string{"fs1", "signing", "10.0.0"} {
		text += fmt.Sprintln(q, allRows(t, b, &estate.RowFilter{Q: q}, 0))
	}
	for i := range list {
		one, ok := b.Row(list[i].ID)
		if !ok {
			t.Fatalf("the row %s is not found by its ID", list[i].ID)
		}
		text += fmt.Sprintln(one)
	}
	return text
}

// remembered is a memory as it is stored.
func remembered(t *testing.T, m *estate.Memory) string {
	t.Helper()
	parts, err := m.Parts()
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, p := range parts {
		text += string(plain(t, p))
	}
	return text
}

// TestRerated: under other judges an estate is what New makes of them, whatever the policies, and one of other sources is not made.
func TestRerated(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	policy := func() *judge.Judge {
		text := "name: p\nversion: 1\nextends: " + []string{"baseline", "strict"}[random.Intn(2)] + "\n"
		rules := "rules:\n"
		for _, rule := range []string{"smb-signing-not-required", "smb1-enabled", "http-ntlm-plain", "ldap-signing-not-required", "rdp-nla-not-required"} {
			switch random.Intn(4) {
			case 0:
				rules += "  " + rule + ": off\n"
			case 1:
				rules += "  " + rule + ": critical\n"
			}
		}
		if rules != "rules:\n" {
			text += rules
		}
		if random.Intn(2) == 0 {
			text += fmt.Sprintf("exceptions:\n- {rule: '*', scope: [127.20.1.%d, 10.0.0.1], owner: a, reason: b, until: 2030-01-01}\n", random.Intn(30))
		}
		p, err := judge.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		j, err := judge.New(all.Checks(), p)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return j.On(day())
	}
	sample := read(t, sampleText(t))
	hq := scan{id: "hq", at: "09:00", ends: "10.0.0.1 fs1 445 weak\n10.0.0.3 fs3 445 weak"}.source(t, "hq")
	dmz := scan{id: "dmz", at: "10:00", ends: "10.0.0.1 fs1 445 strong\n10.1.0.1 fs2 445 weak"}.source(t, "dmz")
	seen := scan{id: "v", at: "11:00", ends: "10.0.0.3 fs3 445 strong"}.verified(t, "hq", "10.0.0.3:445", "smb")
	sources := func() []estate.Source {
		list := []estate.Source{{Reading: sample, Judge: policy()}, hq, dmz, seen}
		for i := range list {
			list[i].Judge = policy()
		}
		list[3].Judge = list[1].Judge
		random.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
		return list
	}
	// What was known before: a host that is gone, one that was mended, one that broke the rule elsewhere.
	_, m := estate.New(all.Checks(), []estate.Source{scan{id: "old", at: "07:00", ends: "10.0.0.1 fs1 445 weak\n10.0.0.9 fs9 445 weak\n10.0.0.8 fs3 445 weak"}.source(t, "hq")}).Board(nil)
	_, m = estate.New(all.Checks(), []estate.Source{scan{id: "older", at: "08:00", ends: "10.0.0.1 fs1 445 strong\n10.0.0.9 fs9 445 strong"}.source(t, "hq")}).Board(m)
	e := estate.New(all.Checks(), sources())
	board, known := e.Board(m)
	different := map[string]bool{}
	for n := range 12 {
		next := sources()
		again := e.Rerated(next)
		if again == nil {
			t.Fatal("it is not made")
		}
		got, want := shown(t, again, m), shown(t, estate.New(all.Checks(), next), m)
		if got != want {
			t.Fatalf("%d: it is not as New makes it:\n%.3000s\nwant\n%.3000s", n, got, want)
		}
		different[got] = true
		whole, wholly := estate.New(all.Checks(), next).Board(known)
		if board, known = board.Rerated(again); rowsShown(t, board) != rowsShown(t, whole) {
			t.Fatalf("%d: the board is not as it is made anew:\n%.3000s\nwant\n%.3000s", n, rowsShown(t, board), rowsShown(t, whole))
		}
		if got, want := remembered(t, known), remembered(t, wholly); got != want {
			t.Fatalf("%d: what is remembered is not as it is made anew: %.300q, want %.300q", n, got, want)
		}
		e = again
	}
	if len(different) < 6 {
		t.Errorf("%d policies that differ", len(different))
	}
	other := sources()
	for i := range other {
		if other[i].Site == "dmz" {
			other[i].Site = "lan"
		}
	}
	if e.Rerated(other) != nil || e.Rerated(sources()[:3]) != nil || e.Rerated(append(sources()[:3], scan{id: "x", at: "12:00", ends: "10.0.0.9 fs9 445 weak"}.source(t, "x"))) != nil {
		t.Error("it is made of other sources")
	}
}
