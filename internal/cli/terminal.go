package cli

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/term"
)

// standard is standard output, which knows when nobody reads it any more, and what it failed of first: cobra writes its help
// and asks for no error.
type standard struct {
	file *os.File
	gone atomic.Bool
	lost atomic.Pointer[error]
}

func (s *standard) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		s.gone.Store(true)
	}
	if err != nil {
		s.lost.CompareAndSwap(nil, &err)
	}
	return n, err
}

// Fd is the descriptor, for who asks whether it is a terminal.
func (s *standard) Fd() uintptr { return s.file.Fd() }

// unread tells whether who read standard output has gone, as head does when it has enough.
func (a *app) unread() bool {
	s, ok := a.Stdout.(*standard)
	return ok && s.gone.Load()
}

// unwritten is why something of standard output was not written, or nil.
func (a *app) unwritten() error {
	if s, ok := a.Stdout.(*standard); ok {
		if err := s.lost.Load(); err != nil {
			return trouble("output: %v", *err)
		}
	}
	return nil
}

// descriptor is what a file of the system has.
type descriptor interface{ Fd() uintptr }

// isTerminal tells whether a stream is one; what is no file of the system is none.
func isTerminal(stream any) bool {
	f, ok := stream.(descriptor)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is 0 where a stream is no terminal.
func terminalWidth(stream any) int {
	f, ok := stream.(descriptor)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
