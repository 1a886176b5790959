package dial

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// A connection that fails for want of something on this machine says nothing about the peer. Three kinds are told apart:
// want of room, which may pass, of rights, and of a route.

// IsShort tells whether this machine had no room for a connection: file descriptors, memory, local ports. It may have
// some soon.
func IsShort(err error) bool {
	for _, no := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE, syscall.EAGAIN,
		wsaMfile, wsaNobufs, wsaAddrNotAvail, wsaAddrInUse,
	} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// IsNoRoute tells whether err says that there is no way to an address, whoever says it.
func IsNoRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, wsaNetUnreach) || errors.Is(err, wsaHostUnreach)
}

// IsForbidden tells whether err says that something is not allowed, whoever says it: a router's refusal of IPv6 reads
// the same as this machine's.
func IsForbidden(err error) bool {
	return errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM) || errors.Is(err, wsaAccess)
}

// Lack is what kept this machine from making a connection.
type Lack uint8

const (
	NoLack  Lack = iota // nothing: a peer or a router refused
	NoRoom              // IsShort
	NoRight             // something of this machine forbids it
	NoRoute             // this machine has no way there
)

// Lacking says for want of what on this machine a connection to an address failed. Where the error may also come from a
// router, it connects a datagram socket, which sends nothing: that meets the routes and rights of this machine alone.
//
// For a broadcast address the result is NoLack: there the two sockets fail with different errors.
func Lacking(err error, to netip.Addr) Lack {
	switch {
	case IsShort(err):
		return NoRoom
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EAFNOSUPPORT), errors.Is(err, syscall.ENETDOWN), errors.Is(err, wsaAFNoSupport):
		return NoRoute // a black hole, no IPv6, a link that is down
	case IsNoRoute(err):
		if IsNoRoute(probe(to)) {
			return NoRoute
		}
	case IsForbidden(err):
		if IsForbidden(probe(to)) {
			return NoRight
		}
	}
	return NoLack
}

func probe(to netip.Addr) error {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 9)))
	if err != nil {
		return err
	}
	return c.Close()
}

// Windows gives its socket errors numbers of its own, which package syscall does not map onto the names above.
const (
	wsaAccess       = syscall.Errno(10013)
	wsaMfile        = syscall.Errno(10024)
	wsaAFNoSupport  = syscall.Errno(10047)
	wsaAddrInUse    = syscall.Errno(10048)
	wsaAddrNotAvail = syscall.Errno(10049)
	wsaNetUnreach   = syscall.Errno(10051)
	wsaConnReset    = syscall.Errno(10054)
	wsaNobufs       = syscall.Errno(10055)
	wsaConnRefused  = syscall.Errno(10061)
	wsaHostUnreach  = syscall.Errno(10065)
)
