package compare_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/compare"
)

// short is a run in short, as a store keeps it.
func short(list []*signet.Observation) iter.Seq[compare.Short] {
	return func(yield func(compare.Short) bool) {
		for len(list) > 0 {
			s := compare.Short{Addr: list[0].Addr}
			for len(list) > 0 && list[0].Addr == s.Addr {
				if list[0].Reached() {
					sum, _ := check.Digest(list[0], check.FactsJSON(list[0]), nil)
					s.Reached, s.Digest = s.Reached+1, s.Digest+sum
				}
				list = list[1:]
			}
			if !yield(s) {
				return
			}
		}
	}
}

// Comparing what two runs in short do not say to be the same comes to the same as comparing all of both.
func TestUnlikeLeavesNothingOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	one := func(i int) *signet.Observation {
		addr := fmt.Sprintf("10.0.0.%d", i)
		switch r.IntN(6) {
		case 0:
			return ended(addr, []signet.Outcome{signet.Silent, signet.Broken, signet.Refused}[r.IntN(3)])
		case 1:
			return smb(addr, fmt.Sprintf("h%d", r.IntN(40)), g1, "required")
		}
		return smb(addr, fmt.Sprintf("h%d", i), g1, []string{"optional", "optional", "required"}[r.IntN(3)])
	}
	compared := func(sum *compare.Summary, a, b []*signet.Observation) string {
		var said []string
		s, err := comparer(t, signet.Yes).Runs(run(a...), run(b...), func(c *compare.Change) error {
			said = append(said, fmt.Sprint(c.Kind, c.Old, c.New, c.Because, c.Gained, c.Lost))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Add(sum)
		return strings.Join(append(said, fmt.Sprintf("%+v", *s)), "\n")
	}
	skipped := 0
	for range 200 {
		var a, b []*signet.Observation
		for i := range 30 {
			if r.IntN(8) > 0 {
				a = append(a, one(i))
			}
			if r.IntN(8) > 0 {
				b = append(b, later(one(i)))
			}
		}
		want := compared(&compare.Summary{}, a, b)
		var same compare.Summary
		old, now := same.Unlike(short(a), short(b))
		skipped += int(same.OldHosts)
		a = slices.DeleteFunc(a, func(o *signet.Observation) bool { return !slices.Contains(old, o.Addr) })
		b = slices.DeleteFunc(b, func(o *signet.Observation) bool { return !slices.Contains(now, o.Addr) })
		if got := compared(&same, a, b); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
	if skipped == 0 {
		t.Error("nothing was found to be the same: the test shows nothing")
	}
}

// Where several sources may speak of an endpoint, sums that agree do not say what stands.
func TestUnlikeLooksWhereSeveralSpeak(t *testing.T) {
	list := []compare.Short{{Addr: smb("10.0.0.1", "a", g1, "required").Addr, Reached: 1, Digest: 5, Several: true}, {Addr: smb("10.0.0.2", "a", g1, "required").Addr, Reached: 1, Digest: 6}}
	var sum compare.Summary
	old, now := sum.Unlike(slices.Values(list), slices.Values(list))
	if len(old) != 1 || len(now) != 1 || old[0] != list[0].Addr || sum.Changes[compare.Same] != 1 {
		t.Errorf("%v, %v, %+v", old, now, sum)
	}
}
