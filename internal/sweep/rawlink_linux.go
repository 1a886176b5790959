//go:build amd64 || arm64

package sweep

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawLink sends and receives frames on one link.
type rawLink struct {
	link *link
	fd   int

	refused, known int           // frames that the interface refused, and how many of them the sweep has taken note of,
	at             int64         // when it last did,
	why            syscall.Errno // and why the last one was refused

	out   [txBatch][96]byte
	outIO [txBatch]unix.Iovec
	outM  [txBatch]mmsghdr
	n     int

	in   [rxBatch][256]byte // the headers are enough
	inIO [rxBatch]unix.Iovec
	inM  [rxBatch]mmsghdr
}

const (
	txBatch = 64
	rxBatch = 64
)

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
	_   uint32
}

// openRawLink opens a packet socket on a link, which takes CAP_NET_RAW. It receives TCP to one port, ARP and ICMPv6.
func openRawLink(l *link, port uint16) (*rawLink, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 12},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 2, K: etherIPv4},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 8, K: etherIPv6},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 12, Jf: 13, K: etherARP},
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 23}, // 4: IPv4
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 11, K: 6},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 20},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: 9, K: 0x1fff},
		{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: 14},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_IND, K: 16},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 5, Jf: 6, K: uint32(port)},
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 20}, // 11: IPv6
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 3, K: 58},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 3, K: 6},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 56},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(port)},
		{Code: unix.BPF_RET | unix.BPF_K, K: 256}, // 16
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	x := &rawLink{link: l, fd: fd}
	fail := func(err error) (*rawLink, error) {
		unix.Close(fd)
		return nil, err
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog); err != nil {
		return fail(err)
	}
	const room = 8 << 20
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, room)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, room) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, room)
	}
	unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1)
	unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	all := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}) // network order
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: l.index}); err != nil {
		return fail(err)
	}
	for i := range x.in {
		x.inIO[i] = unix.Iovec{Base: &x.in[i][0], Len: uint64(len(x.in[i]))}
		x.inM[i].hdr.Iov, x.inM[i].hdr.Iovlen = &x.inIO[i], 1
	}
	for i := range x.out {
		x.outIO[i].Base = &x.out[i][0]
		x.outM[i].hdr.Iov, x.outM[i].hdr.Iovlen = &x.outIO[i], 1
	}
	return x, nil
}

// next is where a frame is to be written; sent, given the frame, puts it into the batch.
func (x *rawLink) next() []byte { return x.out[x.n][:0] }

func (x *rawLink) sent(frame []byte) {
	x.outIO[x.n].Len = uint64(len(frame))
	if x.n++; x.n == txBatch {
		x.flush()
	}
}

// flush sends the batch. Frames that the interface has no room for wait a moment. Those that it refuses are counted: the
// silence that follows them means nothing.
func (x *rawLink) flush() {
	for at, tries := 0, 0; at < x.n; {
		r, _, no := syscall.RawSyscall6(unix.SYS_SENDMMSG, uintptr(x.fd), uintptr(unsafe.Pointer(&x.outM[at])), uintptr(x.n-at), unix.MSG_DONTWAIT, 0, 0)
		switch {
		case no == 0:
			at += int(r)
		case (no == syscall.EAGAIN || no == syscall.ENOBUFS || no == syscall.EINTR) && tries < 1000:
			tries++
			unix.Poll([]unix.PollFd{{Fd: int32(x.fd), Events: unix.POLLOUT}}, 1)
		default:
			at++
			x.refused++
			x.why = no
		}
	}
	x.n = 0
}

// receive hands every frame that has come to f.
func (x *rawLink) receive(f func(frame []byte)) {
	for {
		r, _, no := syscall.RawSyscall6(unix.SYS_RECVMMSG, uintptr(x.fd), uintptr(unsafe.Pointer(&x.inM[0])), rxBatch, unix.MSG_DONTWAIT, 0, 0)
		if no != 0 {
			return
		}
		for i := range int(r) {
			f(x.in[i][:min(x.inM[i].n, uint32(len(x.in[i])))])
		}
		if int(r) < rxBatch {
			return
		}
	}
}

func (x *rawLink) close() { unix.Close(x.fd) }
