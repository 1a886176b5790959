package engine

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// Whose fault it is that a connection was not made: this machine's shortages are faults, its want of a route leaves the
// endpoint unasked, and what a router or the host says is theirs. The address is one to which there is a way.
func TestWhoseFault(t *testing.T) {
	to := netip.MustParseAddr("127.0.0.1")
	for no, want := range map[syscall.Errno]signet.Outcome{
		syscall.EMFILE: signet.Fault, syscall.ENFILE: signet.Fault, syscall.ENOMEM: signet.Fault, syscall.ENOBUFS: signet.Fault,
		syscall.EADDRNOTAVAIL: signet.Fault, syscall.EAFNOSUPPORT: signet.Skipped, syscall.ENETDOWN: signet.Skipped, syscall.EINVAL: signet.Skipped,
		syscall.ENETUNREACH: signet.Silent, syscall.EHOSTUNREACH: signet.Silent, syscall.EACCES: signet.Silent, syscall.EPERM: signet.Silent,
		syscall.ETIMEDOUT: signet.Silent, syscall.ECONNREFUSED: signet.Refused,
	} {
		end := dialEnd(t.Context(), &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", no)}, to)
		if got := end.Outcome(); got != want {
			t.Errorf("%v: %v, want %v", no, got, want)
		}
		p := probe{iv: &standIn{}}
		p.o.Open = true
		if want == signet.Fault || want == signet.Skipped {
			if r, _ := newRun(items()); p.next(r, new(dial.Logons), end) || p.finish(r, nil) != nil || p.o.Outcome != signet.Fault || p.o.Facts != nil {
				t.Errorf("%v after an answer: %s", no, word(&p.o))
			}
		}
	}
	if end := (check.End{Cause: check.Unable, Err: syscall.EMFILE}); end.Failure("x").Phase != "connect" {
		t.Errorf("the phase is %q", end.Failure("x").Phase)
	}
}
