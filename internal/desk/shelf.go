package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"signet/internal/store"
)

// shelf is all documents of one kind, in memory too. Values are given out as they stand, and nobody changes what they hold.
type shelf[T any] struct {
	kind string
	mu   sync.RWMutex
	all  map[string]kept[T]
}

type kept[T any] struct {
	id  string
	rev uint64
	v   T
}

// page is how many documents are read at once.
const page = 500

// load reads all of them.
func (s *shelf[T]) load(ctx context.Context, from store.Desk) error {
	all := map[string]kept[T]{}
	for after := ""; ; {
		list, err := from.Documents(ctx, s.kind, "", after, page)
		if err != nil {
			return err
		}
		for _, doc := range list {
			k := kept[T]{id: doc.ID, rev: doc.Rev}
			if err := json.Unmarshal(doc.Body, &k.v); err != nil {
				return fmt.Errorf("%s %.100q cannot be read: %w", s.kind, doc.ID, err)
			}
			all[doc.ID] = k
			after = doc.ID
		}
		if len(list) < page {
			break
		}
	}
	s.mu.Lock()
	s.all = all
	s.mu.Unlock()
	return nil
}

// get gives one; one that is not there is store.ErrUnknown.
func (s *shelf[T]) get(id string) (kept[T], error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := s.all[id]
	if !ok {
		return k, store.NoDocument(s.kind, id)
	}
	return k, nil
}

// at gives one that stands at a revision (or any, of store.AnyRev); another is store.ErrStale.
func (s *shelf[T]) at(id string, was uint64) (kept[T], error) {
	k, err := s.get(id)
	if err == nil && was != store.AnyRev && was != k.rev {
		err = &store.Stale{Kind: s.kind, ID: id}
	}
	return k, err
}

// list gives all, by ID.
func (s *shelf[T]) list() []kept[T] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(s.all), func(a, b kept[T]) int { return cmp.Compare(a.id, b.id) })
}

// find gives the first that is wanted, in no order.
func (s *shelf[T]) find(wanted func(*T) bool) (kept[T], bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, k := range s.all {
		if wanted(&k.v) {
			return k, true
		}
	}
	return kept[T]{}, false
}

// touch changes one in memory alone.
func (s *shelf[T]) touch(id string, how func(*T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.all[id]; ok {
		how(&k.v)
		s.all[id] = k
	}
}

// change is an edit, and what it changes in memory when it is stored.
type change struct {
	edit store.Edit
	made func(rev uint64)
}

// put plans to write one over what is at a revision; 0: there is none.
func (s *shelf[T]) put(p *plan, id string, was uint64, v T) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	p.changes = append(p.changes, change{store.Edit{Kind: s.kind, ID: id, Was: was, Body: b}, func(rev uint64) {
		s.mu.Lock()
		s.all[id] = kept[T]{id, rev, v}
		s.mu.Unlock()
	}})
	return nil
}

// remove plans to take one away.
func (s *shelf[T]) remove(p *plan, id string, was uint64) {
	p.changes = append(p.changes, change{store.Edit{Kind: s.kind, ID: id, Was: was}, func(uint64) {
		s.mu.Lock()
		delete(s.all, id)
		s.mu.Unlock()
	}})
}
