//go:build amd64 || arm64

package engine

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls of the loop's inner path. They never block, so the scheduler is not told of them (RawSyscall): that
// would cost as much as the shorter ones take.

// socket opens a non-blocking TCP socket.
func socket(family int) (fd int32, no syscall.Errno) {
	r, _, no := syscall.RawSyscall(unix.SYS_SOCKET, uintptr(family), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return int32(r), no
}

// sockaddr has room for both families.
type sockaddr [unix.SizeofSockaddrInet6]byte

// put writes the address of an endpoint and returns the family and the length.
func (s *sockaddr) put(to netip.Addr, port uint16) (family int, length uintptr) {
	clear(s[:])
	s[2], s[3] = byte(port>>8), byte(port)
	if to.Is4() {
		*(*uint16)(unsafe.Pointer(&s[0])) = unix.AF_INET
		a := to.As4()
		copy(s[4:], a[:])
		return unix.AF_INET, unix.SizeofSockaddrInet4
	}
	*(*uint16)(unsafe.Pointer(&s[0])) = unix.AF_INET6
	a := to.As16()
	copy(s[8:], a[:])
	return unix.AF_INET6, unix.SizeofSockaddrInet6
}

func connect(fd int32, s *sockaddr, length uintptr) syscall.Errno {
	_, _, no := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(s)), length)
	return no
}

// delayACK has a connection acknowledge its handshake with its first message, rather than by a packet of its own.
func delayACK(fd int32) {
	var off int32
	syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, uintptr(unsafe.Pointer(&off)), 4, 0)
}

func closeSocket(fd int32) { syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

func send(fd int32, b []byte) (int, syscall.Errno) {
	r, _, no := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
	return int(r), no
}

func recv(fd int32, b []byte) (int, syscall.Errno) {
	r, _, no := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
	return int(r), no
}

// socketError is why a connection failed.
func socketError(fd int32) syscall.Errno {
	n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return syscall.EBADF
	}
	return syscall.Errno(n)
}

// watch adds a socket to a poll, edge-triggered; out says that room for writing is reported too.
func watch(poll, fd int32, stamp uint32, out bool) syscall.Errno {
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: fd, Pad: int32(stamp)}
	if out {
		e.Events |= unix.EPOLLOUT
	}
	_, _, no := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(poll), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(&e)), 0, 0)
	return no
}

// rewatch has room for writing reported from now on.
func rewatch(poll, fd int32, stamp uint32) {
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: fd, Pad: int32(stamp)}
	syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(poll), unix.EPOLL_CTL_MOD, uintptr(fd), uintptr(unsafe.Pointer(&e)), 0, 0)
}

func unwatch(poll, fd int32) {
	var e unix.EpollEvent
	syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(poll), unix.EPOLL_CTL_DEL, uintptr(fd), uintptr(unsafe.Pointer(&e)), 0, 0)
}

// poll waits up to ms milliseconds for events. Only where it may block is the scheduler told.
func poll(p int32, events []unix.EpollEvent, ms int) int {
	var r uintptr
	var no syscall.Errno
	if ms == 0 {
		r, _, no = syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	} else {
		r, _, no = syscall.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), uintptr(ms), 0, 0)
	}
	if no != 0 { // EINTR: the next round asks again
		return 0
	}
	return int(r)
}
