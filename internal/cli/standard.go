package cli

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
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
