package estate

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"net/netip"
	"slices"
	"strings"

	"signet"
)

// ID names a host or a row of the board: 128 bits of a SHA-256, stable from run to run.
//
// A host is named by what it shows of itself, if one address alone shows it: the name that it gives itself with that of its domain;
// where it gives no name, its server GUID. The name decides as it does where runs are compared: a host that was installed anew, or
// whose SMB was silent once, keeps its rows, and clones that share a GUID are told apart. Anybody can show these: where several
// addresses show the same (a copy, or one host with two addresses), each is named by it and by its address. Where nothing is
// shown it is the address.
//
// A row is named by its host, rule, port, transport, check and where. It keeps that name while it is known (Board), whatever its
// host would be called today.
type ID [16]byte

// String writes 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// ParseID reads what String wrote.
func ParseID(s string) (id ID, ok bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) || hex.EncodeToString(b) != s {
		return ID{}, false
	}
	return ID(b), true
}

func (id ID) short() uint64 { return binary.BigEndian.Uint64(id[:]) }

func idOf(what string, fields ...string) ID {
	sum := sha256.Sum256([]byte(what + "\x00" + strings.Join(fields, "\x00")))
	return ID(sum[:16])
}

// shown is what a host shows of itself; "" where that is nothing.
func (r *Reading) shown(h *host) string {
	if name := r.computer(h); name != "" {
		return "name " + strings.ToLower(name) + " " + strings.ToLower(r.word(r.trait(h).domain))
	}
	if h.flags&flagGUID != 0 && h.guid != [16]byte{} {
		return "guid " + h.guidText()
	}
	return ""
}

// another tells whether two hosts are known to be two, by what they show.
func another(shown, other string) bool { return shown != "" && other != "" && shown != other }

// naming says by what a host is named.
type naming uint8

const (
	byAddress naming = iota
	byShown
	byBoth
)

func hostID(by naming, shown string, addr netip.Addr) ID {
	switch by {
	case byShown:
		return idOf("host", shown)
	case byBoth:
		return idOf("host", shown, addr.String())
	}
	return idOf("host", "", addr.String())
}

// byID orders the numbers of n things by their IDs. These are sums: their first bits spread them over buckets of some ten, and the next 32 bits
// order nearly all of a bucket, beside their numbers in one word.
func byID(n int, id func(i int) *ID) []uint32 {
	shift := 64 - min(max(bits.Len(uint(n))-3, 1), 24)
	from := make([]uint32, 1<<(64-shift)+1)
	for i := range n {
		from[id(i).short()>>shift+1]++
	}
	for k := range len(from) - 1 {
		from[k+1] += from[k]
	}
	keys := make([]uint64, n)
	put := slices.Clone(from)
	for i := range n {
		short := id(i).short()
		at := &put[short>>shift]
		keys[*at] = short>>(shift-32)<<32 | uint64(i)
		*at++
	}
	for k := range len(from) - 1 {
		slices.Sort(keys[from[k]:from[k+1]])
	}
	out := make([]uint32, n)
	for i, key := range keys {
		out[i] = uint32(key)
		for at := i; at > 0 && keys[at-1]>>32 == keys[at]>>32; at-- { // of one bucket or not: the order is that of all bits
			a, b := id(int(out[at-1])), id(int(out[at]))
			if bytes.Compare(a[:], b[:]) <= 0 {
				break
			}
			out[at-1], out[at] = out[at], out[at-1]
		}
	}
	return out
}

// place is where a row stands, whoever lives there.
type place struct {
	addr               netip.Addr
	port               uint16
	transport          signet.Transport
	rule, check, where string
}

// compare orders rows of one rule.
func (p place) compare(q place, id, other ID) int {
	return cmp.Or(p.addr.Compare(q.addr), cmp.Compare(p.port, q.port), cmp.Compare(p.transport, q.transport), strings.Compare(p.check, q.check), strings.Compare(p.where, q.where), slices.Compare(id[:], other[:]))
}

func rowID(host ID, p *place) ID {
	var port [3]byte
	binary.BigEndian.PutUint16(port[:], p.port)
	port[2] = byte(p.transport)
	return idOf("row", string(host[:]), string(port[:]), p.rule, p.check, p.where)
}
