package capacity

import "testing"

// Few files make few sockets, and never none.
func TestFewDescriptors(t *testing.T) {
	for _, c := range []struct{ limit, open, want int }{
		{12, 12, 2}, {12, 20, 2}, {16, 10, 2}, {24, 10, 10}, {64, 10, 41}, {256, 10, 185}, {1024, 10, 886}, {1 << 17, 10, 1<<17 - 138},
	} {
		if got := within(c.limit, c.open); got != c.want {
			t.Errorf("%d of %d open: %d sockets, want %d", c.open, c.limit, got, c.want)
		}
	}
	var w Window
	for _, open := range []int{0, 1, 5} {
		w = NewWindow(64, 64)
		if w.Short(open); w.Size != max(1, open) {
			t.Errorf("%d open: a window of %d", open, w.Size)
		}
	}
}
