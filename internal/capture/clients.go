package capture

import (
	"hash/maphash"
	"net/netip"
	"time"

	"signet/internal/check"
)

// Client is what was seen of one client towards one endpoint under one account: names and flags, and nothing that could
// be cracked or replayed.
type Client struct {
	check.Client
	Address netip.Addr
	Server  netip.AddrPort
	Check   string
	At      time.Time // first seen
	Count   uint64    // connections
}

// maxClients bounds what is kept.
const maxClients = 1 << 14

// clients counts who was seen. The index goes by a hash of what tells two of them apart.
type clients struct {
	seed    maphash.Seed
	seen    map[uint64]int32
	list    []Client
	crowded uint64
}

// add notes what a connection showed of its client.
func (c *clients) add(name string, o *check.Overheard, what *check.Client) {
	one := Client{Client: *what, Address: o.Client.Addr(), Server: o.Server, Check: name}
	key := maphash.Comparable(c.seed, one)
	if i, ok := c.seen[key]; ok {
		if c.list[i].Count++; o.At.Before(c.list[i].At) {
			c.list[i].At = o.At
		}
		return
	}
	if len(c.list) == maxClients {
		c.crowded++
		return
	}
	if c.seen == nil {
		c.seen = map[uint64]int32{}
	}
	c.seen[key] = int32(len(c.list))
	one.At, one.Count = o.At, 1
	c.list = append(c.list, one)
}

// Clients lists who was seen to authenticate, or to speak as a client in a way that matters.
func (r *Reader) Clients() []Client { return r.clients.list }
