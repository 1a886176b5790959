package queue

import (
	"container/heap"
	"math"
)

// Sleepers are entries that wait for times of their own. The zero value is empty.
type Sleepers[T any] struct{ list sleepHeap[T] }

type sleeper[T any] struct {
	at    int64
	entry T
}

// Put has an entry wait until a time, in nanoseconds.
func (s *Sleepers[T]) Put(at int64, entry T) { heap.Push(&s.list, sleeper[T]{at, entry}) }

// Due takes an entry whose time has come.
func (s *Sleepers[T]) Due(now int64) (entry T, ok bool) {
	if len(s.list) == 0 || s.list[0].at > now {
		return entry, false
	}
	return heap.Pop(&s.list).(sleeper[T]).entry, true
}

// Wait is how long until the next one is due.
func (s *Sleepers[T]) Wait(now int64) int64 {
	if len(s.list) == 0 {
		return math.MaxInt64
	}
	return max(1, s.list[0].at-now)
}

// Len is how many there are.
func (s *Sleepers[T]) Len() int { return len(s.list) }

type sleepHeap[T any] []sleeper[T]

func (h sleepHeap[T]) Len() int           { return len(h) }
func (h sleepHeap[T]) Less(i, j int) bool { return h[i].at < h[j].at }
func (h sleepHeap[T]) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *sleepHeap[T]) Push(x any)        { *h = append(*h, x.(sleeper[T])) }
func (h *sleepHeap[T]) Pop() any {
	old := *h
	n := len(old) - 1
	x := old[n]
	old[n] = sleeper[T]{}
	*h = old[:n]
	return x
}
