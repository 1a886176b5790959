// Command archive writes a folder into a .zip that is the same, byte for byte, whenever its files are: sorted by name, all
// of one time. Windows opens it without a further program: go run ./tools/archive FOLDER OUT.zip SECONDS.
package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: archive FOLDER OUT.zip SECONDS")
	}
	seconds, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	out, err := os.Create(args[1])
	if err != nil {
		return err
	}
	return errors.Join(write(out, args[0], time.Unix(seconds, 0).UTC()), out.Close())
}

// write packs a folder under its own name.
func write(w io.Writer, folder string, at time.Time) error {
	z := zip.NewWriter(w)
	parent := filepath.Dir(folder)
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(parent, path)
		if err != nil {
			return err
		}
		head := &zip.FileHeader{Name: filepath.ToSlash(name), Method: zip.Deflate, Modified: at}
		head.SetMode(0o644)
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		in, err := z.CreateHeader(head)
		if err != nil {
			return err
		}
		_, err = io.Copy(in, file)
		return err
	})
	return errors.Join(err, z.Close())
}
