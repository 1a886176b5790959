package scope

import "iter"

// Order is the sequence in which a run visits a scope. Seed and position are its whole
// state: a run that stopped before position p goes on with From(p) under the same seed
// and the same Scope.Fingerprint.
type Order struct {
	scope   *Scope
	shuffle Permutation
}

// Order gives the pseudo-random sequence of seed over the scope; it fails for a scope of
// more than MaxVisits addresses, which may be held (as an exclusion is) but not visited.
func (s *Scope) Order(seed uint64) (*Order, error) {
	if err := s.tooLarge(); err != nil {
		return nil, err
	}
	return &Order{s, NewPermutation(s.Len(), seed)}, nil
}

// Len is the number of positions, one for each address.
func (o *Order) Len() uint64 { return o.shuffle.n }

// At gives the address at a position below Len. It allocates nothing.
func (o *Order) At(position uint64) Item { return o.scope.At(o.shuffle.At(position)) }

// From goes through the sequence from a position on, giving each position with its address.
func (o *Order) From(position uint64) iter.Seq2[uint64, Item] {
	return func(yield func(uint64, Item) bool) {
		for ; position < o.shuffle.n; position++ {
			if !yield(position, o.At(position)) {
				return
			}
		}
	}
}

// Sorted goes through the scope in address order, for printing; it fails as Order does.
func (s *Scope) Sorted() (iter.Seq[Item], error) {
	if err := s.tooLarge(); err != nil {
		return nil, err
	}
	return func(yield func(Item) bool) {
		for i := range s.segments {
			seg := &s.segments[i]
			for k := seg.first; ; k = k.add(1) {
				if !yield(Item{k.addr(), &s.asks[seg.ask]}) {
					return
				}
				if k == seg.last {
					break
				}
			}
		}
	}, nil
}
