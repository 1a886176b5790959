//go:build !unix

package outfile

import (
	"io/fs"
	"os"
	"syscall"
)

// duplicate cannot be asked for here: no path of this system names a descriptor.
func duplicate(_ int, name string) (*os.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
}

// device tells whether a name is one that lies in no folder, as NUL is.
func device(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode()&fs.ModeDevice != 0
}

// inherit leaves a new file what its folder gives it.
func inherit(*os.File, os.FileInfo) {}
