package cli

import (
	"golang.org/x/term"
)

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
