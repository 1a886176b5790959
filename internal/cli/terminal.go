package cli

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/term"
)

// standard is standard output, which knows when nobody reads it any more.
type standard struct {
	file *os.File
	gone atomic.Bool
}

func (s *standard) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		s.gone.Store(true)
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
