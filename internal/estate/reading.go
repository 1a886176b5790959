package estate

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"sort"
	"strings"
	"time"

	"signet"
	"signet/internal/report"
)

// Head is what a run says of itself.
type Head struct {
	Run         string
	Tool        string // signet/VERSION that asked
	Started     time.Time
	Ended       time.Time
	Interrupted bool
	Targets     []string
	Checks      []string       // that were asked
	Versions    map[string]int // of the checks whose judges made the reading, by name
	Depth       signet.Depth
	Policy      string // in force when the reading was made; it says nothing of what is in it
	Warnings    []string
	Coverage    report.Coverage
	Lost        report.Lost
}

// Reading is what one run says. It is not changed any more and may be shared.
type Reading struct {
	Head Head

	texts
	hosts    []host // by address
	traits   []trait
	names    []uint32 // of hosts: text<<nameBits | kind
	kinds    []kind
	notes    []note
	doors    []door
	ways     []way
	breaches []breach
	flaws    []flaw
}

// host is one address.
type host struct {
	hi, lo   uint64 // address, IPv4 as IPv4-mapped
	guid     [16]byte
	name     uint32 // a text
	trait    uint32 // in Reading.traits
	names    uint32 // the first of them in Reading.names, and how many
	doors    uint32
	breaches uint32
	nNames   uint16
	flags    hostFlags
	seen     uint8 // bits of relay.Source: classes of client that it was seen to be
	nDoors   uint32
	nBreach  uint32
}

// trait is what many hosts share, in texts.
type trait struct {
	domain, forest, os, version uint32

	roles  uint32 // words with a space between; those with a ? are hints
	sameAs uint32 // an address
}

func (r *Reading) trait(h *host) *trait { return &r.traits[h.trait] }

type hostFlags uint8

const (
	flagWindows hostFlags = 1 << iota // it is
	flagOther                         // it is something else
	flagSamba
	flagClient // nothing is known of it but that it was overheard as a client
	flagGUID
)

// nameBits is how many bits of a name say its kind: see nameKinds.
const nameBits = 3

func nameKinds() []string {
	return []string{"dns", "netbios", "alias", "domain", "netbios-domain", "forest"}
}

// kind is a check over a transport.
type kind struct {
	check     uint32
	transport signet.Transport
}

// note is what few endpoints have beside the rest.
type note struct {
	unasked uint32 // words with a space between
	source  uint32 // the tool that saw it, where that was not Signet's own asking
	pages   uint32 // that were asked, with a line end between
}

// door is an endpoint where something was there.
type door struct {
	at  uint32 // milliseconds since the run began
	way uint32 // in Reading.ways
}

// way is what many endpoints share.
type way struct {
	port  uint16
	kind  uint16
	note  uint16
	state uint8 // outcome | verdict<<4
}

func (w *way) outcome() signet.Outcome { return signet.Outcome(w.state & 0xf) }
func (w *way) verdict() signet.Verdict { return signet.Verdict(w.state >> 4) }

func (r *Reading) way(d *door) *way   { return &r.ways[d.way] }
func (r *Reading) kind(d *door) *kind { return &r.kinds[r.ways[d.way].kind] }
func (r *Reading) note(d *door) *note { return &r.notes[r.ways[d.way].note] }

// breach is a rule that an endpoint breaks.
type breach struct {
	door uint32 // index in Reading.doors
	flaw uint32 // in Reading.flaws
}

// flaw is what many breaches share.
type flaw struct {
	rule    uint32
	where   uint32
	because uint32 // sentences with a line end between
}

func (r *Reading) flaw(b *breach) *flaw { return &r.flaws[b.flaw] }

// Hosts is how many addresses the run says something of.
func (r *Reading) Hosts() int { return len(r.hosts) }

// Endpoints is how many endpoints were there.
func (r *Reading) Endpoints() int { return len(r.doors) }

// find is the index of an address, or -1.
func (r *Reading) find(hi, lo uint64) int {
	i := sort.Search(len(r.hosts), func(i int) bool {
		h := &r.hosts[i]
		return h.hi > hi || h.hi == hi && h.lo >= lo
	})
	if i < len(r.hosts) && r.hosts[i].hi == hi && r.hosts[i].lo == lo {
		return i
	}
	return -1
}

func (r *Reading) doorsOf(h *host) []door { return r.doors[h.doors : h.doors+h.nDoors] }

// observed is when an endpoint was asked.
func (r *Reading) observed(d *door) time.Time {
	return r.Head.Started.Add(time.Duration(d.at) * time.Millisecond)
}

// unasked lists what was left out of an endpoint.
func (r *Reading) unasked(d *door) string { return r.word(r.note(d).unasked) }

func (r *Reading) endpoint(h *host, d *door) signet.Endpoint {
	return signet.Endpoint{Target: signet.Target{Addr: h.addr()}, Port: r.way(d).port, Transport: r.kind(d).transport}
}

// placeNames are the names that a policy knows a host by.
func (r *Reading) placeNames(h *host, list []string) []string {
	for _, n := range r.names[h.names : h.names+uint32(h.nNames)] {
		if n&(1<<nameBits-1) <= 2 { // dns, netbios, alias
			list = append(list, r.word(n>>nameBits))
		}
	}
	return list
}

// Names are all names of a host, without who said them.
func (r *Reading) hostNames(h *host) []signet.HostName {
	list := []signet.HostName{}
	for _, n := range r.names[h.names : h.names+uint32(h.nNames)] {
		list = append(list, signet.HostName{Kind: nameKinds()[n&(1<<nameBits-1)], Name: r.word(n >> nameBits), From: []string{}})
	}
	return list
}

// computer is the name that a host gives itself, not one that a certificate or a user gives it.
func (r *Reading) computer(h *host) string {
	netbios := ""
	for _, n := range r.names[h.names : h.names+uint32(h.nNames)] {
		name := r.word(n >> nameBits)
		switch n & (1<<nameBits - 1) {
		case 0:
			if strings.EqualFold(name, r.word(h.name)) {
				return name
			}
		case 1:
			if netbios == "" {
				netbios = name
			}
		}
	}
	return netbios
}

// certain lists the roles that rate.
func certain(roles string) []string {
	var list []string
	for _, w := range strings.Fields(roles) {
		if !strings.HasSuffix(w, "?") {
			list = append(list, w)
		}
	}
	return list
}

func (h *host) addr() netip.Addr { return addrOf(h.hi, h.lo) }

func addrOf(hi, lo uint64) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	return netip.AddrFrom16(b).Unmap()
}

func halves(a netip.Addr) (hi, lo uint64) {
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

func (h *host) windows() signet.Answer {
	switch {
	case h.flags&flagWindows != 0:
		return signet.Yes
	case h.flags&flagOther != 0:
		return signet.No
	}
	return signet.NotKnown
}

// guidText writes a GUID as facts do; "" where there is none.
func (h *host) guidText() string {
	if h.flags&flagGUID == 0 {
		return ""
	}
	x := hex.EncodeToString(h.guid[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// parseGUID reads a GUID as facts write it.
func parseGUID(s string) (g [16]byte, ok bool) {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != len(g) {
		return g, false
	}
	return [16]byte(b), true
}
