package estate

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"

	"signet"
)

// MostPage is how many items a page has at most.
const MostPage = 500

// ErrCursor is a cursor that no page of the list gave.
var ErrCursor = errors.New("not a cursor of this list")

// Page is a piece of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of what comes behind; "" where nothing does. It holds when the list changes meanwhile: what stays in its
	// place is listed once.
	Next string
}

// most is how many items a page is to have.
func most(n int) int {
	if n <= 0 || n > MostPage {
		return MostPage
	}
	return n
}

// cursor is where an item stands in a list, whatever comes and goes around it. A host has a rank and an address, a row all of it.
type cursor struct {
	rank uint32
	place
	id ID
}

func (c *cursor) String() string {
	p := newPacker()
	p.octet(form)
	p.number(uint64(c.rank))
	p.addr(c.addr)
	p.number(uint64(c.port))
	p.octet(byte(c.transport))
	p.body = append(p.body, c.id[:]...)
	p.body = append(p.body, strings.Join([]string{c.rule, c.check, c.where}, "\x00")...)
	return base64.RawURLEncoding.EncodeToString(p.body)
}

func parseCursor(s string) (c cursor, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	u := unpacker{b: b}
	if err != nil || u.octet() != form {
		return cursor{}, ErrCursor
	}
	c.rank = uint32(u.number())
	c.addr = u.addr()
	c.port, c.transport = uint16(u.number()), signet.Transport(u.octet())
	copy(c.id[:], u.bytes(len(c.id)))
	texts := strings.SplitN(string(u.b), "\x00", 3)
	if u.failed || len(texts) != 3 || c.addr == (netip.Addr{}) {
		return cursor{}, ErrCursor
	}
	c.rule, c.check, c.where = texts[0], texts[1], texts[2]
	return c, nil
}
