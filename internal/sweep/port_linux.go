//go:build amd64 || arm64

package sweep

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// holdPort binds a source port so that nothing else on this machine uses it, in IPv4 and IPv6 where there are both. It is one
// that the kernel does not give to connections by itself, if such a port is free.
func holdPort() (fd int, port uint16, err error) {
	family := unix.AF_INET6
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		family = unix.AF_INET
		if fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return -1, 0, err
		}
	}
	bind := func(p int) error {
		if family == unix.AF_INET6 {
			return unix.Bind(fd, &unix.SockaddrInet6{Port: p})
		}
		return unix.Bind(fd, &unix.SockaddrInet4{Port: p})
	}
	low, high := 32768, 60999
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(strings.TrimSpace(string(b)), &low, &high)
	}
	var r [2]byte
	unix.Getrandom(r[:], 0)
	span, from := 65535-high, high+1
	if span < 16 {
		span, from = low-1024, 1024
	}
	for i := 0; i < min(span, 64); i++ {
		p := from + (int(binary.NativeEndian.Uint16(r[:]))+i)%span
		if bind(p) == nil {
			return fd, uint16(p), nil
		}
	}
	if err := bind(0); err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	switch a := sa.(type) {
	case *unix.SockaddrInet6:
		return fd, uint16(a.Port), nil
	case *unix.SockaddrInet4:
		return fd, uint16(a.Port), nil
	}
	unix.Close(fd)
	return -1, 0, fmt.Errorf("a socket of another family")
}
