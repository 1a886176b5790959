package sqlite

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Flushed asks the kernel (cachestat, Linux 6.5) whether pages of the journal are still to be written to the disk.
func (p place) Flushed(t testing.TB) (yes, known bool) {
	t.Helper()
	f, err := os.Open(string(p) + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil || fs.Type == unix.TMPFS_MAGIC {
		return false, false // what is in memory alone is never on a disk
	}
	var found unix.Cachestat_t
	if unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &found, 0) != nil {
		return false, false
	}
	return found.Dirty+found.Writeback == 0, true
}
