package hub

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"signet/internal/compare"
	"signet/internal/desk"
	"signet/internal/report"
)

// Diffed is what is different between two runs.
type Diffed struct {
	Header report.DiffHeader
	Sum    compare.Summary
	First  map[compare.Kind][]compare.Change // the first FirstChanges of each kind, by address

	key   [sha256.Size]byte
	parts [][]byte // of its JSON lines: so many in each but the last
	lines uint64
	whole bool // all of its lines are in the parts
}

const (
	// FirstChanges is how many changes of each kind a page shows.
	FirstChanges = 200

	partLines  = 256
	mostPacked = 8 << 20 // bytes of the lines of one comparison that are kept
	keptDiffs  = 3
)

// diffs are the last comparisons, since a list of one is asked for page by page; one is made at a time, which takes memory and processors
// for a second or two where the runs are large.
type diffs struct {
	mu   sync.Mutex
	turn chan struct{} // has one element while none is made
	last []*Diffed     // the newest first
}

func (d *diffs) find(key [sha256.Size]byte) *Diffed {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.last, func(x *Diffed) bool { return x.key == key })
	if i < 0 {
		return nil
	}
	x := d.last[i]
	d.last = slices.Insert(slices.Delete(d.last, i, i+1), 0, x)
	return x
}

func (d *diffs) keep(x *Diffed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = append([]*Diffed{x}, d.last[:min(len(d.last), keptDiffs-1)]...)
}

// Diff tells what is different between two runs that somebody may see, under the policy of the newer one's site.
func (h *Hub) Diff(ctx context.Context, who desk.Who, before, after string) (*Diffed, error) {
	return h.diff(ctx, who, before, after, nil)
}

// DiffLines gives JSON lines of the changes between two runs, those of `signet diff -o jsonl`: behind the first skip of them, at most so many.
// more: there are others behind them.
func (h *Hub) DiffLines(ctx context.Context, who desk.Who, before, after string, skip uint64, most int) (lines [][]byte, more bool, err error) {
	d, err := h.diff(ctx, who, before, after, nil)
	if err != nil {
		return nil, false, err
	}
	if !d.whole && skip+uint64(most) >= d.lines { // what is beyond is made again each time
		n := uint64(0)
		_, err = h.diff(ctx, who, before, after, func(line []byte) {
			if n++; n > skip && len(lines) <= most {
				lines = append(lines, bytes.Clone(line))
			}
		})
		more = len(lines) > most
		return lines[:min(len(lines), most)], more, err
	}
	for at := skip / partLines; at < uint64(len(d.parts)) && len(lines) <= most; at++ {
		z, err := gzip.NewReader(bytes.NewReader(d.parts[at]))
		if err != nil {
			return nil, false, err
		}
		text, err := io.ReadAll(z)
		if err != nil {
			return nil, false, err
		}
		n := at * partLines
		for line := range bytes.Lines(text) {
			if n++; n > skip && len(lines) <= most {
				lines = append(lines, bytes.TrimSpace(line))
			}
		}
	}
	return lines[:min(len(lines), most)], len(lines) > most, nil
}

// diff finds or makes a comparison. each hears its lines; where it is not nil the comparison is made in any case.
func (h *Hub) diff(ctx context.Context, who desk.Who, before, after string, each func(line []byte)) (*Diffed, error) {
	a, _, err := h.opened(ctx, who, before)
	if err != nil {
		return nil, err
	}
	b, r, err := h.opened(ctx, who, after)
	if err != nil {
		return nil, err
	}
	key, err := h.diffKey(ctx, before, after, b.Run.ID)
	if err != nil {
		return nil, err
	}
	if d := h.diffs.find(key); d != nil && each == nil {
		return d, nil
	}
	select {
	case <-h.diffs.turn:
		defer func() { h.diffs.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if d := h.diffs.find(key); d != nil && each == nil { // somebody asked the same meanwhile
		return d, nil
	}
	c, err := h.Env.Compare(ctx, a, b, r.Judge)
	if err != nil {
		return nil, err
	}
	d := &Diffed{Header: *c.Header(), First: map[compare.Kind][]compare.Change{}, key: key}
	var one, text bytes.Buffer
	size := 0
	pack := func() error {
		var part bytes.Buffer
		z := gzip.NewWriter(&part)
		_, err := z.Write(text.Bytes())
		if err = errors.Join(err, z.Close()); err != nil {
			return err
		}
		text.Reset()
		d.parts = append(d.parts, part.Bytes())
		size += part.Len()
		return nil
	}
	d.whole = true
	lines := report.JSONL().Diff(&one, &report.Options{})
	sum, err := c.Changes(ctx, func(c *compare.Change) error {
		if list := d.First[c.Kind]; len(list) < FirstChanges {
			d.First[c.Kind] = append(list, *c)
		}
		if !d.whole && each == nil {
			return nil
		}
		one.Reset()
		if err := lines.Change(c); err != nil {
			return err
		}
		if each != nil {
			each(bytes.TrimSpace(one.Bytes()))
		}
		if !d.whole {
			return nil
		}
		text.Write(one.Bytes())
		if d.lines++; d.lines%partLines == 0 {
			err := pack()
			d.whole = size < mostPacked
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d.Sum = *sum; text.Len() > 0 && d.whole {
		if err := pack(); err != nil {
			return nil, err
		}
	}
	h.diffs.keep(d)
	return d, nil
}

// diffKey names a comparison: the runs, the policy with the exceptions in force, and the day, on which some of them end.
func (h *Hub) diffKey(ctx context.Context, before, after, judged string) (key [sha256.Size]byte, err error) {
	sites, err := h.sitesOfRuns(ctx)
	if err != nil {
		return key, err
	}
	name := h.PolicyOf(sites[judged])
	text, err := h.PolicyText(name, sites[judged])
	if err != nil { // a file of the command line, which does not change while the server runs; exceptions do
		if text, err = json.Marshal(h.exceptions(sites[judged])); err != nil {
			return key, err
		}
	}
	sum := sha256.New()
	for _, part := range []string{before, after, name, string(text), h.Now().UTC().Format(time.DateOnly)} {
		sum.Write([]byte(part))
		sum.Write([]byte{0})
	}
	return [sha256.Size]byte(sum.Sum(nil)), nil
}
