package queue

import (
	"math"
	"slices"
	"testing"
)

// A ring keeps its order while it grows, wherever its head stands.
func TestRing(t *testing.T) {
	var r Ring[int]
	var want []int
	next := 0
	for round := range 300 {
		for range round % 7 {
			r.Push(next)
			want = append(want, next)
			next++
		}
		if round%5 == 0 {
			r.PushFront(-round)
			want = slices.Insert(want, 0, -round)
		}
		for range min(round%4, len(want)) {
			if *r.Front() != want[0] || r.Pop() != want[0] {
				t.Fatalf("round %d: out of order", round)
			}
			want = want[1:]
		}
		if r.Len() != len(want) {
			t.Fatalf("round %d: %d entries, want %d", round, r.Len(), len(want))
		}
	}
}

// Deadlines come in order, but for those that are stale.
func TestDeadlines(t *testing.T) {
	d := Deadlines{After: 10}
	for i := range int32(4) {
		d.Arm(int64(i), i, 1)
	}
	stale := func(id int32, stamp uint32) bool { return id == 0 || id == 2 }
	if at, ok := d.First(stale); !ok || at != 11 || d.Take() != 1 {
		t.Errorf("at %d, %v", at, ok)
	}
	if at, ok := d.First(stale); !ok || at != 13 || d.Take() != 3 {
		t.Errorf("then at %d, %v", at, ok)
	}
	if at, ok := d.First(stale); ok {
		t.Errorf("one more at %d", at)
	}
}

func TestSleepers(t *testing.T) {
	var s Sleepers[string]
	if _, ok := s.Due(9); ok || s.Wait(9) != math.MaxInt64 {
		t.Error("somebody sleeps")
	}
	s.Put(30, "last")
	s.Put(10, "first")
	s.Put(20, "second")
	if _, ok := s.Due(9); ok || s.Wait(9) != 1 || s.Wait(4) != 6 || s.Len() != 3 {
		t.Error("woken too early")
	}
	for _, want := range []string{"first", "second", "last"} {
		if got, ok := s.Due(30); !ok || got != want {
			t.Errorf("woke %q, want %q", got, want)
		}
	}
}
