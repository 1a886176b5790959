package queue

// Deadlines are time-outs of one length. They end in the order in which they began, so that a queue does for a heap.
type Deadlines struct {
	After int64 // the length, in nanoseconds
	queue Ring[deadline]
}

type deadline struct {
	at    int64
	id    int32
	stamp uint32
}

// Arm begins a time-out of something: of what has this id as long as it has this stamp.
func (d *Deadlines) Arm(now int64, id int32, stamp uint32) {
	d.queue.Push(deadline{now + d.After, id, stamp})
}

// First drops what is stale from the head and returns when the next time-out ends; ok is false when there is none. Stale is
// what has another stamp by now: it has moved on.
func (d *Deadlines) First(stale func(id int32, stamp uint32) bool) (at int64, ok bool) {
	for d.queue.size > 0 {
		h := d.queue.Front()
		if !stale(h.id, h.stamp) {
			return h.at, true
		}
		d.queue.Pop()
	}
	return 0, false
}

// Take removes the time-out that First told of and returns its id.
func (d *Deadlines) Take() int32 { return d.queue.Pop().id }
