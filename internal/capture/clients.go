package capture

import (
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

type clientKey struct {
	from  netip.Addr
	to    netip.AddrPort
	check string
	what  check.Client
}

// maxClients bounds what is kept.
const maxClients = 1 << 16

type clients struct {
	seen    map[clientKey]int
	list    []Client
	crowded uint64
}

func (c *clients) add(name string, o *check.Overheard, what check.Client) {
	key := clientKey{o.Client.Addr(), o.Server, name, what}
	if i, ok := c.seen[key]; ok {
		c.list[i].Count++
		if o.At.Before(c.list[i].At) {
			c.list[i].At = o.At
		}
		return
	}
	if len(c.list) == maxClients {
		c.crowded++
		return
	}
	if c.seen == nil {
		c.seen = map[clientKey]int{}
	}
	c.seen[key] = len(c.list)
	c.list = append(c.list, Client{Client: what, Address: key.from, Server: o.Server, Check: name, At: o.At, Count: 1})
}

// Clients lists who was seen to authenticate, or to speak as a client in a way that matters.
func (r *Reader) Clients() []Client { return r.clients.list }
