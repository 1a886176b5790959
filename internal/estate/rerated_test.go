package estate_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
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
	write(e.Overview())
	write(e.Graph(estate.Opened{}))
	board, _ := e.Board(m)
	fmt.Fprintln(&b, allRows(t, board, &estate.RowFilter{}, 0))
	return b.String()
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
	e := estate.New(all.Checks(), sources())
	_, m := e.Board(nil)
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
