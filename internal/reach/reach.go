// Package reach says what a program that sends by itself, to where somebody else said, may reach, and by which TLS: for messages to people and
// for what an identity provider names.
//
// It sends nothing. Whoever dials asks it last, of the address that the kernel is about to connect to.
package reach

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// ErrOut is where an address may not be reached from here, whoever named it.
var ErrOut = errors.New("is an address that nothing may lead to")

// Out is an ErrOut that says which, and why.
type Out struct{ At, Why string }

func (o *Out) Error() string { return fmt.Sprintf("%s %v (%s)", o.At, ErrOut, o.Why) }
func (o *Out) Unwrap() error { return ErrOut }

// Itself is why an address of this machine alone may not be reached.
const Itself = "this machine itself"

// Refused says why an address may not be reached; empty: it may. What is hidden in an address of another kind counts as that.
func Refused(a netip.Addr) string {
	for _, a := range append(hidden(a), a) {
		a = a.Unmap().WithZone("")
		switch {
		case !a.IsValid() || a.IsUnspecified():
			return "no address"
		case a.IsLoopback():
			return Itself
		case a.IsLinkLocalUnicast(), a.IsLinkLocalMulticast(), a.IsInterfaceLocalMulticast():
			return "of its own link alone"
		case a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
			return "of many"
		case a.Is4() && a.As4()[0] == 0:
			return "no address"
		case metadata(a):
			return "where clouds keep the keys of their machines"
		}
	}
	return ""
}

// metadata tells whether it is the address of a cloud's metadata service that is not link-local: of Amazon (IPv6), Alibaba, Oracle.
func metadata(a netip.Addr) bool {
	for _, s := range []string{"fd00:ec2::254", "fd00:c1::a9fe:a9fe", "100.100.100.200", "192.0.0.192"} {
		if a == netip.MustParseAddr(s) {
			return true
		}
	}
	return false
}

// hidden are the IPv4 addresses that an IPv6 address leads to: IPv4-compatible, 6to4 (RFC 3056), NAT64 (RFC 6052, RFC 8215), ISATAP.
func hidden(a netip.Addr) (list []netip.Addr) {
	if !a.Is6() || a.Is4In6() {
		return nil
	}
	b := a.As16()
	v4 := func(at int) { list = append(list, netip.AddrFrom4([4]byte(b[at:at+4]))) }
	in := func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(a.WithZone("")) }
	switch {
	case a.IsLoopback() || a.IsUnspecified():
	case in("::/96"):
		v4(12)
	case in("2002::/16"):
		v4(2)
	case in("64:ff9b::/96"), in("64:ff9b:1::/48"):
		v4(12)
	case b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe && b[8]&^2 == 0:
		v4(12)
	}
	return list
}

// Literal refuses a host that is an address which may not be reached, or that other programs take for one: 127.1, 0x7f000001, 2130706433.
func Literal(host string) error {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		if why := Refused(a); why != "" {
			return &Out{a.String(), why}
		}
		return nil
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return &Out{fmt.Sprintf("%.60q", host), Itself}
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last != "" && (strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")) {
		return fmt.Errorf("%.60q is no address in its usual form, nor a name", host)
	}
	return nil
}

// Plain is an address as it is asked of: what the kernel calls it, without a zone and not wrapped in IPv6.
func Plain(address string) (netip.AddrPort, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return at, &Out{fmt.Sprintf("%.60q", address), "no address"}
	}
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port()), nil
}

// Own tells whether it is one of the ports where this server listens, at whichever of its addresses.
func Own(at netip.AddrPort, listens []netip.AddrPort) bool {
	for _, o := range listens {
		if at.Port() != o.Port() {
			continue
		}
		if !o.Addr().IsUnspecified() {
			if at.Addr() == o.Addr().Unmap() {
				return true
			}
			continue
		}
		list, err := net.InterfaceAddrs()
		if err != nil {
			return true // it cannot be told
		}
		for _, i := range list {
			if p, err := netip.ParsePrefix(i.String()); err == nil && p.Addr().Unmap() == at.Addr() {
				return true
			}
		}
	}
	return false
}
