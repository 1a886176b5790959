package hub

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/compare"
)

// ChangeSet is what came of comparing a run with the one before it, once, by the policy of that day. It outlives both runs.
type ChangeSet struct {
	Seq      uint64    `json:"seq"` // from 1, in the order in which runs were compared
	Run      string    `json:"run"`
	Before   string    `json:"before"`
	Site     string    `json:"site,omitempty"`
	Verifies *Verifies `json:"verifies,omitempty"` // the run asked that endpoint alone
	Since    time.Time `json:"since"`              // when the run before began
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended"`
	Policy   string    `json:"policy"` // name/version

	Sums  map[string]uint64 `json:"sums,omitempty"` // all changes, by the word of their kind
	Rows  int               `json:"rows"`           // that are kept: the first mostOfKind of each kind
	Parts int               `json:"parts"`
}

// Change is a change of a ChangeSet. ID names it, and is the cursor behind it.
type Change struct {
	compare.Change
	Set *ChangeSet
	ID  string
}

// changeID names the n-th row of a set. IDs are ordered as sets and rows are.
func changeID(seq uint64, n int) string { return fmt.Sprintf("%016x-%06d", seq, n) }

// parseChangeID reads what changeID wrote.
func parseChangeID(s string) (seq uint64, n int, err error) {
	if _, err := fmt.Sscanf(s, "%016x-%06d", &seq, &n); err != nil || n < 0 || changeID(seq, n) != s {
		return 0, 0, ErrCursor
	}
	return seq, n, nil
}

// ErrCursor is a cursor that was never given.
var ErrCursor = errors.New("that is no cursor of this list")

// Bounds of what is kept of a comparison.
const (
	mostOfKind = 5000 // rows of each kind; all are counted
	partRows   = 256
	mostSaid   = 8        // reasons of a row
	mostPlain  = 16 << 20 // bytes of a part
)

// packed is a change as it is stored: what a change line says.
type packed struct {
	Kind       string         `json:"k"`
	Old        netip.AddrPort `json:"o,omitzero"`
	New        netip.AddrPort `json:"n,omitzero"`
	UDP        bool           `json:"u,omitempty"`
	Host       string         `json:"h,omitempty"`
	Check      string         `json:"c"`
	OldVerdict signet.Verdict `json:"p"`
	NewVerdict signet.Verdict `json:"v"`
	Accepted   bool           `json:"a,omitempty"`
	Gained     []packedRule   `json:"g,omitempty"`
	Lost       []packedRule   `json:"l,omitempty"`
	Rated      []packedRule   `json:"r,omitempty"`
	Because    []string       `json:"b,omitempty"`
}

type packedRule struct {
	Rule     string           `json:"r"`
	Severity signet.Severity  `json:"s"`
	Was      *signet.Severity `json:"w,omitempty"`
	Where    string           `json:"at,omitempty"`
}

func pack(c *compare.Change) *packed {
	p := &packed{Kind: c.Kind.String(), UDP: c.Endpoint().Transport == signet.UDP, Host: c.Host, Check: c.Check, OldVerdict: c.OldVerdict, NewVerdict: c.NewVerdict,
		Accepted: c.Accepted, Because: c.Because[:min(len(c.Because), mostSaid)]}
	if c.Old.Addr.IsValid() {
		p.Old = c.Old.AddrPort()
	}
	if c.New.Addr.IsValid() {
		p.New = c.New.AddrPort()
	}
	for i := range c.Gained {
		p.Gained = append(p.Gained, packedRule{Rule: c.Gained[i].Rule, Severity: c.Gained[i].Severity, Where: c.Gained[i].Where})
	}
	for i := range c.Lost {
		p.Lost = append(p.Lost, packedRule{Rule: c.Lost[i].Rule, Severity: c.Lost[i].Severity, Where: c.Lost[i].Where})
	}
	for i := range c.Rated {
		p.Rated = append(p.Rated, packedRule{c.Rated[i].Rule, c.Rated[i].Severity, &c.Rated[i].Was, c.Rated[i].Where})
	}
	return p
}

func (p *packed) unpack() (c compare.Change, err error) {
	if c.Kind, err = compare.ParseKind(p.Kind); err != nil {
		return c, err
	}
	c.Host, c.Check, c.OldVerdict, c.NewVerdict, c.Accepted, c.Because = p.Host, p.Check, p.OldVerdict, p.NewVerdict, p.Accepted, p.Because
	at := func(a netip.AddrPort) (e signet.Endpoint) {
		if !a.IsValid() {
			return e
		}
		e.Addr, e.Port = a.Addr(), a.Port()
		if p.UDP {
			e.Transport = signet.UDP
		}
		return e
	}
	c.Old, c.New = at(p.Old), at(p.New)
	of := func(r *packedRule) signet.Finding {
		return signet.Finding{Rule: r.Rule, Severity: r.Severity, Where: r.Where}
	}
	for i := range p.Gained {
		c.Gained = append(c.Gained, of(&p.Gained[i]))
	}
	for i := range p.Lost {
		c.Lost = append(c.Lost, of(&p.Lost[i]))
	}
	for i := range p.Rated {
		r := compare.Rated{Finding: of(&p.Rated[i])}
		if w := p.Rated[i].Was; w != nil {
			r.Was = *w
		}
		c.Rated = append(c.Rated, r)
	}
	return c, nil
}

// gathered are the changes of one comparison, as they come.
type gathered struct {
	sums map[string]uint64
	rows []compare.Change
	kept [8]int // by kind
}

func (g *gathered) add(c *compare.Change) {
	if g.sums == nil {
		g.sums = map[string]uint64{}
	}
	g.sums[c.Kind.String()]++
	if g.kept[c.Kind]++; g.kept[c.Kind] <= mostOfKind {
		g.rows = append(g.rows, *c)
	}
}

// parts are the rows as they are stored, the worst first.
func (g *gathered) parts() (parts [][]byte, err error) {
	slices.SortStableFunc(g.rows, func(a, b compare.Change) int { return cmp.Compare(a.Kind, b.Kind) })
	for rows := range slices.Chunk(g.rows, partRows) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		j := json.NewEncoder(z)
		for i := range rows {
			if err := j.Encode(pack(&rows[i])); err != nil {
				return nil, err
			}
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		parts = append(parts, b.Bytes())
	}
	return parts, nil
}

// unpackRows reads a part.
func unpackRows(part []byte) (list []compare.Change, err error) {
	z, err := gzip.NewReader(bytes.NewReader(part))
	if err != nil {
		return nil, err
	}
	for j := json.NewDecoder(io.LimitReader(z, mostPlain)); ; {
		var p packed
		if err := j.Decode(&p); err == io.EOF {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		c, err := p.unpack()
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
}

// speaks are sums of the names and addresses that a set of changes speaks of, in order: who looks for a host reads the rows of these alone.
func (g *gathered) speaks() []byte {
	var sums []uint32
	for i := range g.rows {
		c := &g.rows[i]
		for _, e := range []signet.Endpoint{c.Old, c.New} {
			if e.Addr.IsValid() {
				sums = append(sums, shortSum(e.Addr.String()))
			}
		}
		if c.Host != "" {
			sums = append(sums, shortSum(strings.ToLower(c.Host)))
		}
	}
	slices.Sort(sums)
	var b []byte
	for _, s := range slices.Compact(sums) {
		b = binary.BigEndian.AppendUint32(b, s)
	}
	return b
}

func shortSum(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

// spoken tells whether what speaks gave has one of some sums.
func spoken(index []byte, wanted []uint32) bool {
	for _, w := range wanted {
		from, to := 0, len(index)/4
		for from < to {
			mid := (from + to) / 2
			switch s := binary.BigEndian.Uint32(index[4*mid:]); {
			case s == w:
				return true
			case s < w:
				from = mid + 1
			default:
				to = mid
			}
		}
	}
	return false
}
