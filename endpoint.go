package signet

import (
	"net/netip"
	"strconv"
)

// Target is an address in scope. Name is what the user called it, for Host, SNI and the report, or empty.
type Target struct {
	Addr netip.Addr
	Name string
}

// Transport of an endpoint.
type Transport uint8

const (
	TCP Transport = iota
	UDP
)

func (t Transport) String() string {
	if t == UDP {
		return "udp"
	}
	return "tcp"
}

// Endpoint is a port of a target. Endpoints are comparable.
type Endpoint struct {
	Target
	Port      uint16
	Transport Transport
}

// AddrPort is the endpoint without its name.
func (e Endpoint) AddrPort() netip.AddrPort { return netip.AddrPortFrom(e.Addr, e.Port) }

// String gives the TARGET form, `10.0.0.5:445` or `[2001:db8::5]:445`; UDP is said, TCP is not.
func (e Endpoint) String() string {
	s := e.AddrPort().String()
	if e.Transport == UDP {
		s += "/udp"
	}
	return s
}

// Host is the name if there is one, else the address.
func (t Target) Host() string {
	if t.Name != "" {
		return t.Name
	}
	return t.Addr.String()
}

// ServerName is what TLS may send as SNI: a name, never an address (RFC 6066 §3).
func (t Target) ServerName() string {
	if _, err := netip.ParseAddr(t.Name); err == nil {
		return ""
	}
	return t.Name
}

// PortString is the port in decimal.
func (e Endpoint) PortString() string { return strconv.Itoa(int(e.Port)) }
