package queue

// Ring is a queue that takes from its head and puts at either end. The zero value is empty.
type Ring[T any] struct {
	room []T // length is a power of two
	head int
	size int
}

// Push puts an entry at the end.
func (r *Ring[T]) Push(v T) {
	r.grow()
	r.room[(r.head+r.size)&(len(r.room)-1)] = v
	r.size++
}

// PushFront puts an entry at the head.
func (r *Ring[T]) PushFront(v T) {
	r.grow()
	r.head = (r.head - 1) & (len(r.room) - 1)
	r.room[r.head] = v
	r.size++
}

func (r *Ring[T]) grow() {
	if r.size < len(r.room) {
		return
	}
	room := make([]T, max(64, 2*len(r.room)))
	for i := range r.size {
		room[i] = r.room[(r.head+i)&(len(r.room)-1)]
	}
	r.room, r.head = room, 0
}

// Len is how many entries there are.
func (r *Ring[T]) Len() int { return r.size }

// Front is the head of a queue that is not empty.
func (r *Ring[T]) Front() *T { return &r.room[r.head] }

// Pop takes the head of a queue that is not empty.
func (r *Ring[T]) Pop() T {
	var zero T
	v := r.room[r.head]
	r.room[r.head] = zero
	r.head = (r.head + 1) & (len(r.room) - 1)
	r.size--
	return v
}
