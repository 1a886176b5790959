//go:build amd64 || arm64

package sweep

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// route is an entry of the system's table.
type route struct {
	prefix netip.Prefix
	via    netip.Addr // zero: on this link
	link   *link      // nil: not by an interface that a sweep can use
	src    netip.Addr
	metric uint32
	why    string // why a sweep cannot use it
	told   bool   // Tell was told how its addresses are found
}

// link is an Ethernet-like interface.
type link struct {
	index int
	name  string
	mac   mac
	addrs []netip.Prefix
}

// mostRoutes is how many routes there may be: they are searched one by one.
const mostRoutes = 256

// routes are the routing tables of this machine, the longest prefix first.
type routes []route

// readRoutes asks the kernel for the routes of both families. The error says why the route of an address cannot be told.
func readRoutes() (routes, error) {
	links := map[int]*link{}
	names := map[int]string{}
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		names[i.Index] = i.Name
		if len(i.HardwareAddr) != 6 || i.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 || i.Flags&net.FlagUp == 0 {
			continue
		}
		l := &link{index: i.Index, name: i.Name, mac: mac(i.HardwareAddr)}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok {
					ones, _ := n.Mask.Size()
					l.addrs = append(l.addrs, netip.PrefixFrom(ip.Unmap(), ones))
				}
			}
		}
		links[i.Index] = l
	}
	var out routes
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		if extra, err := policyRules(family); err != nil || extra {
			return nil, fmt.Errorf("this machine routes by policy")
		}
		b, err := syscall.NetlinkRIB(unix.RTM_GETROUTE, family)
		if err != nil {
			return nil, err
		}
		msgs, err := syscall.ParseNetlinkMessage(b)
		if err != nil {
			return nil, err
		}
		for i := range msgs {
			if r, ok := parseRoute(&msgs[i], links, names); ok {
				out = append(out, r)
			}
		}
	}
	if len(out) > mostRoutes {
		return nil, fmt.Errorf("this machine has %d routes", len(out))
	}
	slices.SortStableFunc(out, func(a, b route) int {
		return cmp.Or(cmp.Compare(b.prefix.Bits(), a.prefix.Bits()), cmp.Compare(a.metric, b.metric))
	})
	return out, nil
}

// policyRules tells whether there are rules besides those for the tables local, main and default, which every machine has.
func policyRules(family int) (bool, error) {
	b, err := syscall.NetlinkRIB(unix.RTM_GETRULE, family)
	if err != nil {
		return false, err
	}
	msgs, err := syscall.ParseNetlinkMessage(b)
	n := 0
	for i := range msgs {
		if msgs[i].Header.Type == unix.RTM_NEWRULE {
			n++
		}
	}
	return n > 3, err
}

func parseRoute(m *syscall.NetlinkMessage, links map[int]*link, names map[int]string) (r route, ok bool) {
	if m.Header.Type != unix.RTM_NEWROUTE || len(m.Data) < unix.SizeofRtMsg {
		return r, false
	}
	family, bits, kind := m.Data[0], int(m.Data[1]), m.Data[7]
	flags := binary.NativeEndian.Uint32(m.Data[8:])
	if flags&unix.RTM_F_CLONED != 0 {
		return r, false
	}
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return r, false
	}
	dst := netip.IPv4Unspecified()
	if family == unix.AF_INET6 {
		dst = netip.IPv6Unspecified()
	}
	oif, multi := 0, false
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.RTA_DST:
			dst, _ = netip.AddrFromSlice(a.Value)
		case unix.RTA_GATEWAY:
			r.via, _ = netip.AddrFromSlice(a.Value)
		case unix.RTA_PREFSRC:
			r.src, _ = netip.AddrFromSlice(a.Value)
		case unix.RTA_OIF:
			oif = int(binary.NativeEndian.Uint32(a.Value))
		case unix.RTA_PRIORITY:
			r.metric = binary.NativeEndian.Uint32(a.Value)
		case unix.RTA_MULTIPATH, unix.RTA_VIA, unix.RTA_ENCAP_TYPE:
			multi = true
		}
	}
	r.prefix = netip.PrefixFrom(dst, bits)
	r.link = links[oif]
	switch {
	case kind == unix.RTN_LOCAL:
		r.link, r.why = nil, "it is this machine's own"
	case kind != unix.RTN_UNICAST:
		r.link, r.why = nil, "it is not routed to one host"
	case multi:
		r.link, r.why = nil, "it is reached by several ways"
	case r.link == nil:
		r.why = "its route leaves by " + names[oif] + ", which is not Ethernet-like"
	case !r.src.IsValid():
		r.src = r.link.source(dst, r.via)
		if !r.src.IsValid() {
			r.link, r.why = nil, "no source address is known for it"
		}
	}
	return r, true
}

// source picks the address of a link to send from: one on the subnet of the next hop, else any of the family that is
// not only good on the link.
func (l *link) source(dst, via netip.Addr) netip.Addr {
	next := via
	if !next.IsValid() {
		next = dst
	}
	var any netip.Addr
	for _, a := range l.addrs {
		if a.Addr().Is4() != dst.Is4() || a.Addr().IsLinkLocalUnicast() != dst.IsLinkLocalUnicast() {
			continue
		}
		if a.Contains(next) {
			return a.Addr()
		}
		if !any.IsValid() {
			any = a.Addr()
		}
	}
	return any
}

// find is the route to an address; nil: there is none.
func (r routes) find(to netip.Addr) *route {
	for i := range r {
		if r[i].prefix.Contains(to) {
			return &r[i]
		}
	}
	return nil
}
