// Package alert says which changes between two runs somebody is to be told of: what worsened, or appeared exposed. A row that was told of is
// told of again only after it was seen closed, so that a server that now answers and now does not is one message.
package alert

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"signet"
	"signet/internal/compare"
	"signet/internal/notify"
)

// key names a row: a finding of an endpoint of a host, or that it is exposed.
type key [16]byte

// keyOf is that of a finding of a change; rule "": that the endpoint is exposed.
func keyOf(site string, c *compare.Change, rule, where string) key {
	host := strings.ToLower(c.Host)
	if host == "" {
		host = c.Addr().String()
	}
	e := c.Endpoint()
	sum := sha256.New()
	for _, part := range []string{site, host, fmt.Sprint(e.Port, e.Transport), c.Check, rule, where} {
		sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		sum.Write([]byte(part))
	}
	return key(sum.Sum(nil))
}

// Memory is what was told and was not seen closed since. The zero value is of nothing.
type Memory struct{ told map[key]bool }

// Delta is what a comparison changes of a memory.
type Delta struct {
	all    bool // everything is forgotten first
	closed []key
	told   []key
}

// Tell gives the changes of a site that somebody is to be told of, the worst first, as they were given. more: there were changes for the
// better that are not among them, so that what was closed is not known; everything is told anew then, rather than not at all.
func (m *Memory) Tell(site string, list []compare.Change, more bool) (tell []*compare.Change, d Delta) {
	d.all = more
	now := map[key]bool{}
	for i := range list {
		c := &list[i]
		if c.Kind == compare.Improved || c.Kind == compare.Worsened {
			for _, f := range c.Lost {
				d.closed = append(d.closed, keyOf(site, c, f.Rule, f.Where))
			}
			if c.NewVerdict == signet.Guarded || c.NewVerdict == signet.Unseen {
				d.closed = append(d.closed, keyOf(site, c, "", ""))
			}
		}
		if c.Accepted || c.Kind != compare.Worsened && (c.Kind != compare.Appeared || c.NewVerdict != signet.Exposed) {
			continue
		}
		fresh := false
		row := func(rule, where string) {
			k := keyOf(site, c, rule, where)
			if !now[k] && (d.all || !m.told[k]) {
				now[k], fresh = true, true
				d.told = append(d.told, k)
			}
		}
		for _, f := range c.Gained {
			row(f.Rule, f.Where)
		}
		for _, f := range c.Rated {
			if f.Severity > f.Was {
				row(f.Rule, f.Where)
			}
		}
		if c.NewVerdict == signet.Exposed && (c.OldVerdict != signet.Exposed || c.Kind == compare.Appeared) && len(c.Gained) == 0 {
			row("", "")
		}
		if fresh {
			tell = append(tell, c)
		}
	}
	return tell, d
}

// Apply makes a change of the memory.
func (m *Memory) Apply(d Delta) {
	if m.told == nil || d.all {
		m.told = map[key]bool{}
	}
	for _, k := range d.closed {
		delete(m.told, k)
	}
	for _, k := range d.told {
		m.told[k] = true
	}
}

// Whole is a change that makes an empty memory into this one.
func (m *Memory) Whole() Delta {
	d := Delta{all: true}
	for k := range m.told {
		d.told = append(d.told, k)
	}
	slices.SortFunc(d.told, func(a, b key) int { return bytes.Compare(a[:], b[:]) })
	return d
}

// Empty tells whether it changes nothing.
func (d *Delta) Empty() bool { return !d.all && len(d.closed) == 0 && len(d.told) == 0 }

// MarshalBinary writes it: a byte, how many keys are closed, the keys.
func (d Delta) MarshalBinary() ([]byte, error) {
	b := []byte{1}
	if d.all {
		b[0] = 2
	}
	b = binary.AppendUvarint(b, uint64(len(d.closed)))
	for _, k := range append(slices.Clip(d.closed), d.told...) {
		b = append(b, k[:]...)
	}
	return b, nil
}

var errDelta = errors.New("what was told cannot be read")

// UnmarshalBinary reads what MarshalBinary wrote.
func (d *Delta) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != 1 && b[0] != 2 {
		return errDelta
	}
	n, size := binary.Uvarint(b[1:])
	if size <= 0 {
		return errDelta
	}
	rest := b[1+size:]
	if len(rest)%len(key{}) != 0 || n > uint64(len(rest)/len(key{})) {
		return errDelta
	}
	*d = Delta{all: b[0] == 2}
	for i := 0; len(rest) > 0; i, rest = i+1, rest[len(key{}):] {
		if uint64(i) < n {
			d.closed = append(d.closed, key(rest))
		} else {
			d.told = append(d.told, key(rest))
		}
	}
	return nil
}

// Rows are changes as a message tells them: one for each rule that is new or severer, the severest first. more is how many are left out, worst
// the severity of the worst; "": no rule is among them.
func Rows(tell []*compare.Change) (rows []notify.Row, more int, worst string) {
	type rated struct {
		notify.Row
		severity int // -1: that the endpoint is exposed, of no rule
	}
	var all []rated
	for _, c := range tell {
		add := func(rule, where string, s int) {
			r := rated{notify.Row{Change: c.Kind.String(), Rule: rule, Host: c.Host, Address: c.Addr().String(), Port: c.Endpoint().Port, Check: c.Check, Where: where}, s}
			if s >= 0 {
				r.Severity = signet.Severity(s).String()
			} else {
				r.Text = "exposed"
			}
			all = append(all, r)
		}
		n := len(all)
		for _, f := range c.Gained {
			add(f.Rule, f.Where, int(f.Severity))
		}
		for _, f := range c.Rated {
			if f.Severity > f.Was {
				add(f.Rule, f.Where, int(f.Severity))
			}
		}
		if len(all) == n {
			add("", "", -1)
		}
	}
	slices.SortStableFunc(all, func(a, b rated) int { return cmp.Compare(b.severity, a.severity) })
	if len(all) > 0 {
		worst = all[0].Severity
	}
	for i := range all {
		if i == notify.MostRows {
			return rows, len(all) - i, worst
		}
		rows = append(rows, all[i].Row)
	}
	return rows, 0, worst
}
