package engine

// ring is a queue that takes from its head and puts at either end. Its room grows as needed and is used again.
type ring[T any] struct {
	room []T // length is a power of two
	head int
	size int
}

func (r *ring[T]) push(v T) {
	r.grow()
	r.room[(r.head+r.size)&(len(r.room)-1)] = v
	r.size++
}

func (r *ring[T]) pushFront(v T) {
	r.grow()
	r.head = (r.head - 1) & (len(r.room) - 1)
	r.room[r.head] = v
	r.size++
}

func (r *ring[T]) grow() {
	if r.size < len(r.room) {
		return
	}
	room := make([]T, max(64, 2*len(r.room)))
	for i := range r.size {
		room[i] = r.room[(r.head+i)&(len(r.room)-1)]
	}
	r.room, r.head = room, 0
}

// front is the head of a queue that is not empty.
func (r *ring[T]) front() *T { return &r.room[r.head] }

func (r *ring[T]) pop() T {
	var zero T
	v := r.room[r.head]
	r.room[r.head] = zero
	r.head = (r.head + 1) & (len(r.room) - 1)
	r.size--
	return v
}
