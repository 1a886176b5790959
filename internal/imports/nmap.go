package imports

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"

	"signet/internal/bounds"
	"signet/internal/text"
)

// nmapHost is a host element, with what is read of it.
type nmapHost struct {
	End       string        `xml:"endtime,attr"`
	Status    nmapState     `xml:"status"`
	Times     *struct{}     `xml:"times"` // of its round trips: nil where nothing answered
	Addresses []nmapAddress `xml:"address"`
	Names     []struct {
		Name string `xml:"name,attr"`
		Type string `xml:"type,attr"`
	} `xml:"hostnames>hostname"`
	Ports   []nmapPort   `xml:"ports>port"`
	Scripts []nmapScript `xml:"hostscript>script"`
}

type nmapAddress struct {
	Addr string `xml:"addr,attr"`
	Type string `xml:"addrtype,attr"`
}

type nmapState struct {
	State  string `xml:"state,attr"`
	Reason string `xml:"reason,attr"`
}

// assumed is the reason of a host that is up because the user said so (-Pn), whether or not anything answered.
const assumed = "user-set"

func (h *nmapHost) answered() bool {
	return h.Status.State != "down" && (h.Status.Reason != assumed || h.Times != nil)
}

type nmapPort struct {
	Proto   string    `xml:"protocol,attr"`
	ID      uint16    `xml:"portid,attr"`
	State   nmapState `xml:"state"`
	Service struct {
		Name   string `xml:"name,attr"`
		Tunnel string `xml:"tunnel,attr"`
		Method string `xml:"method,attr"` // probed, or table: the name is guessed by the port
	} `xml:"service"`
	Scripts []nmapScript `xml:"script"`
}

// nmapScript is the result of a script: as text, and since nmap 6.20 also as elements.
type nmapScript struct {
	ID     string      `xml:"id,attr"`
	Output string      `xml:"output,attr"`
	Elems  []nmapElem  `xml:"elem"`
	Tables []nmapTable `xml:"table"`
}

type nmapElem struct {
	Key  string `xml:"key,attr"`
	Text string `xml:",chardata"`
}

type nmapTable struct {
	Key    string      `xml:"key,attr"`
	Elems  []nmapElem  `xml:"elem"`
	Tables []nmapTable `xml:"table"`
}

// elem finds an element by its key.
func elem(list []nmapElem, key string) string {
	for _, e := range list {
		if e.Key == key {
			return e.Text
		}
	}
	return ""
}

// table finds a table by its key.
func table(list []nmapTable, key string) *nmapTable {
	for i := range list {
		if list[i].Key == key {
			return &list[i]
		}
	}
	return nil
}

// find returns the first script of that name, nil without.
func find(list []nmapScript, id string) *nmapScript {
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

// mostDamaged is how many documents of one file may be damaged before it is none of nmap's.
const mostDamaged = 100

// Nmap reads XML of nmap, host by host. A file that ends early, as that of an interrupted scan does, gives an error
// after what it holds; of several that were written into one, each is read. Ports and their states are nmap's own view and
// decide nothing here. Entities that a document declares are not known, and nothing is loaded from elsewhere.
func Nmap(r io.Reader, host Hosts, deliver Sink) (Stats, error) {
	st := Stats{Source: "nmap"}
	err := nmapDocuments(newDocuments(bounds.UTF8(r)), &st, host, deliver)
	st.homeless()
	return st, err
}

// nmapDocuments reads one run of nmap after the other.
func nmapDocuments(all *documents, st *Stats, host Hosts, deliver Sink) error {
	var damage error
	for n, damaged := 1, 0; ; n++ {
		more, err := all.next()
		if err != nil || !more {
			return errors.Join(damage, err)
		}
		read := nmapDocument{stats: st, seen: host, in: all, deliver: deliver}
		if err := read.hosts(); err != nil {
			if read.refused != nil {
				return read.refused
			}
			if damage == nil {
				damage = fmt.Errorf("nmap XML: %w", err)
				if n > 1 {
					damage = fmt.Errorf("nmap XML, document %d: %w", n, err)
				}
			}
			if damaged++; damaged == mostDamaged {
				return fmt.Errorf("%w; it was read up to document %d: %d are damaged, the limit", damage, n, mostDamaged)
			}
		}
	}
}

// nmapDocument is one run of nmap while it is read.
type nmapDocument struct {
	stats   *Stats
	in      io.Reader
	seen    Hosts
	deliver Sink
	refused error // by deliver
	started time.Time
}

func (n *nmapDocument) hosts() error {
	raw := bounds.NewXML(n.in)
	raw.Decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	d := xml.NewTokenDecoder(raw)
	for {
		raw.Element()
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "nmaprun":
			n.run(&e)
		case "host":
			var h nmapHost
			if err := d.DecodeElement(&h, &e); err != nil {
				return err
			}
			if n.refused = h.deliver(n.stats, n.started, n.seen, n.deliver); n.refused != nil {
				return n.refused
			}
		}
	}
}

func (n *nmapDocument) run(e *xml.StartElement) {
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "version":
			n.stats.Source = "nmap " + text.Clip(a.Value, 40)
		case "start":
			n.started = seconds(a.Value)
		}
	}
}

// seconds reads a Unix time.
func seconds(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > 1<<36 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// host is one host while its observations are made.
type host struct {
	*nmapHost
	addr   netip.Addr
	name   string
	at     time.Time
	source string
	sink   Sink
}

func (h *nmapHost) deliver(st *Stats, started time.Time, seen Hosts, sink Sink) error {
	one := host{nmapHost: h, at: seconds(h.End), source: st.Source, sink: sink}
	if one.at.IsZero() {
		one.at = started
	}
	for _, a := range h.Addresses {
		if addr, err := netip.ParseAddr(a.Addr); err == nil && a.Type != "mac" {
			one.addr = addr
			break
		}
	}
	if !one.addr.IsValid() {
		st.nowhere++
		return nil
	}
	for _, n := range h.Names {
		if n.Type == "user" {
			if _, err := netip.ParseAddr(n.Name); err != nil {
				one.name = text.Clip(n.Name, 253)
			}
			break
		}
	}
	seen.see(one.addr, h.answered())
	st.Endpoints += uint64(len(h.Ports))
	if err := one.smb(); err != nil {
		return err
	}
	for i := range h.Ports {
		p := &h.Ports[i]
		if p.Proto != "tcp" || p.State.State != "open" || len(p.Scripts) == 0 {
			continue
		}
		if err := one.port(p); err != nil {
			return err
		}
	}
	return nil
}

// emit hands over one observation.
func (h *host) emit(check string, port uint16, facts any, unasked ...string) error {
	o, err := observation(h.addr, h.name, port, check, h.source, h.at, facts, unasked...)
	if err != nil {
		return err
	}
	return h.sink(o)
}

// open says whether nmap saw a TCP port open.
func (h *host) open(port uint16) bool {
	for _, p := range h.Ports {
		if p.ID == port && p.Proto == "tcp" && p.State.State == "open" {
			return true
		}
	}
	return false
}
