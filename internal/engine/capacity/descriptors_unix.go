//go:build unix

package capacity

import "syscall"

// descriptors is how many files this process may have open, and how many are. The runtime has raised the soft limit to
// the hard one.
func descriptors() (limit, open int) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 512, openFiles()
	}
	const enough = 1 << 17
	return int(min(uint64(r.Cur), enough)), openFiles()
}
