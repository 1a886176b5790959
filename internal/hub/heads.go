package hub

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
)

// read is the head of a reading, as it is stored: what is not in the parts.
type read struct {
	Form     int            `json:"form"`
	Parts    int            `json:"parts"`
	Versions map[string]int `json:"versions"` // of the checks that judged it
	Site     string         `json:"site,omitempty"`
	Verifies *Verifies      `json:"verifies,omitempty"`
}

// versions are those of the checks, whose judges make readings.
func (h *Hub) versions() map[string]int {
	v := map[string]int{}
	for i := range h.Env.Checks {
		v[h.Env.Checks[i].Name] = h.Env.Checks[i].Version
	}
	return v
}

// heads are those of all readings that there are, by run: read once, and told of what is written, since one process holds them. The zero value
// reads them when it is asked.
type heads struct {
	mu  sync.Mutex
	all map[string]*read // nil: what the store has is not known
}

// wrote says that a head was written, or, where it is nil, deleted. After an error it is not known which.
func (h *heads) wrote(run string, head *read, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil:
		h.all = nil
	case h.all == nil:
	case head == nil:
		delete(h.all, run)
	default:
		c := *head
		h.all[run] = &c
	}
}

// headed gives the heads of all readings, by run; those that checks of other versions made are no readings any more.
func (h *Hub) headed(ctx context.Context) (map[string]*read, error) {
	h.heads.mu.Lock()
	defer h.heads.mu.Unlock()
	if h.heads.all == nil {
		all, err := h.readHeads(ctx)
		if err != nil {
			return nil, err
		}
		h.heads.all = all
	}
	return maps.Clone(h.heads.all), nil
}

func (h *Hub) readHeads(ctx context.Context) (map[string]*read, error) {
	all, versions := map[string]*read{}, h.versions()
	for after := ""; ; {
		list, err := h.documents.Documents(ctx, readingKind, "", after, 500)
		if err != nil {
			return nil, err
		}
		for i := range list {
			after = list[i].ID
			r := &read{}
			if json.Unmarshal(list[i].Body, r) == nil && r.Form == readingForm && same(r.Versions, versions) {
				all[list[i].ID] = r
			}
		}
		if len(list) < 500 {
			return all, nil
		}
	}
}

// same tells whether the checks that both know are of one version.
func same(a, b map[string]int) bool {
	for name, v := range a {
		if w, ok := b[name]; ok && w != v {
			return false
		}
	}
	return true
}
