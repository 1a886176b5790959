package cli

import (
	"io"
	"os"
	"syscall"
)

// spareFiles are the descriptors that jobs leave to connections, the store and reports.
const spareFiles = 1024

// inFlight is how many sockets a job may have open at once.
func inFlight() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(max(int64(min(limit.Cur, 1<<20))-spareFiles, 128), 16_384))
}

// fileOf is the device and the inode of what a writer goes to.
func fileOf(w io.Writer) (device, inode uint64, ok bool) {
	f, isFile := w.(*os.File)
	if s, is := w.(*standard); is {
		f, isFile = s.file, true
	}
	if !isFile {
		return 0, 0, false
	}
	info, err := f.Stat()
	if err != nil {
		return 0, 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return st.Dev, st.Ino, true
}
