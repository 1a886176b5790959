package capacity

import (
	"fmt"
	"os"
)

// fewDescriptors is how many open files are so few that a user is told.
const fewDescriptors = 1024

// Warning says what it means for a run that this process may have few files open; empty where there are enough.
// It is asked before a run begins.
func Warning() string {
	limit, open := descriptors()
	if limit == 0 || limit >= fewDescriptors {
		return ""
	}
	return fmt.Sprintf("only %d files may be open at once (ulimit -n), and %d are: at most %d connections at once, and the run takes longer for it", limit, open, within(limit, open))
}

// Sockets is how many sockets fit beside what is open now, with a few files for everything else.
func Sockets() int { return within(descriptors()) }

func within(limit, open int) int {
	free := limit - open
	return max(2, free-max(4, min(spare, free/4)))
}

// spare is how many file descriptors are left for everything else where there are many.
const spare = 128

// openFiles counts what is open: where the system does not say, what every process has.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 8
	}
	return len(list)
}
