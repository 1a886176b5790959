package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// ErrOutOfReach is where an address may not be reached from here, whoever typed it.
var ErrOutOfReach = errors.New("is an address that no channel may lead to")

// outOfReach is an ErrOutOfReach that says which, and why.
type outOfReach struct{ at, why string }

func (o *outOfReach) Error() string { return fmt.Sprintf("%s %v (%s)", o.at, ErrOutOfReach, o.why) }
func (o *outOfReach) Unwrap() error { return ErrOutOfReach }

// refused says why an address may not be reached; empty: it may. What is hidden in an address of another kind counts as that.
func refused(a netip.Addr) string {
	for _, a := range append(hidden(a), a) {
		a = a.Unmap().WithZone("")
		switch {
		case !a.IsValid() || a.IsUnspecified():
			return "no address"
		case a.IsLoopback():
			return "this machine itself"
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

// literal refuses a host that is an address which may not be reached, or that other programs take for one: 127.1, 0x7f000001, 2130706433.
func literal(host string) error {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		if why := refused(a); why != "" {
			return &outOfReach{a.String(), why}
		}
		return nil
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return &outOfReach{fmt.Sprintf("%.60q", host), "this machine itself"}
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last != "" && (strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")) {
		return fmt.Errorf("%.60q is no address in its usual form, nor a name", host)
	}
	return nil
}

func joined(host, port string) string { return net.JoinHostPort(host, port) }

// own tells whether it is a port of this server's, at whichever of its addresses.
func (s *Sender) own(at netip.AddrPort) bool {
	for _, o := range s.Own {
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

// dialTime bounds one connection.
const dialTime = 10 * time.Second

// dial connects to where a channel leads. Which address that is, the kernel is asked last: a name that says another one by then is caught
// too.
func (s *Sender) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if err := literal(host); err != nil && !s.near {
		return nil, err
	}
	d := &net.Dialer{Timeout: dialTime, Resolver: s.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return &outOfReach{fmt.Sprintf("%.60q", address), "no address"}
		}
		at = netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
		if why := refused(at.Addr()); why != "" && !s.near {
			return &outOfReach{at.Addr().String(), why}
		}
		if s.own(at) {
			return &outOfReach{at.String(), "this server itself"}
		}
		return nil
	}}
	return d.DialContext(ctx, "tcp", address)
}

// dialNamed connects to what a flag names, the mail server or the syslog: that may be this machine.
func (s *Sender) dialNamed(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: dialTime}
	return d.DialContext(ctx, network, address)
}
