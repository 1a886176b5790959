package outfile

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// Place is where a named output goes. A regular file is replaced once the new one is whole; what is none, or is open
// already in this process or another, is written to as it is.
type Place struct {
	named string      // as the user typed it
	final string      // what is replaced: the target of a symbolic link
	asIs  bool        // written to as it is
	fd    int         // the descriptor of ours that it names, or -1
	old   os.FileInfo // the file that is replaced, or nil
}

// mostLinks is how many symbolic links are followed, as Linux does.
const mostLinks = 40

// openName matches names that stand for what a process holds open already.
var openName = regexp.MustCompile(`^(?:/dev/(stdin|stdout|stderr)|/dev/fd/([0-9]+)|/proc/(?:self|thread-self|([0-9]+)|self/task/[0-9]+)/fd/([0-9]+))$`)

// Of finds where a name leads.
func Of(named string) (Place, error) {
	p := Place{named: named, fd: -1}
	if strings.HasSuffix(named, string(filepath.Separator)) {
		return p, &fs.PathError{Op: "open", Path: named, Err: syscall.EISDIR}
	}
	if device(named) {
		p.asIs, p.final = true, named
		return p, nil
	}
	whole, err := filepath.Abs(named)
	if err != nil {
		return p, err
	}
	for range mostLinks {
		if p.open(filepath.Clean(whole)) {
			return p, nil
		}
		dir, err := filepath.EvalSymlinks(filepath.Dir(whole))
		if err != nil {
			return p, err
		}
		p.final = filepath.Join(dir, filepath.Base(whole))
		if p.open(p.final) {
			return p, nil
		}
		info, err := os.Lstat(p.final)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return p, nil
		case err != nil:
			return p, err
		case info.IsDir():
			return p, &fs.PathError{Op: "open", Path: named, Err: syscall.EISDIR}
		case info.Mode()&fs.ModeSymlink == 0:
			p.asIs, p.old = !info.Mode().IsRegular(), info
			return p, nil
		}
		to, err := os.Readlink(p.final)
		if err != nil {
			return p, err
		}
		if whole = to; !filepath.IsAbs(to) {
			whole = filepath.Join(dir, to)
		}
	}
	return p, &fs.PathError{Op: "open", Path: named, Err: syscall.ELOOP}
}

// open tells whether a path stands for what a process holds open, which nothing may take the place of.
func (p *Place) open(path string) bool {
	m := openName.FindStringSubmatch(filepath.ToSlash(path))
	if m == nil {
		return false
	}
	p.asIs, p.final = true, path
	if m[3] != "" && m[3] != strconv.Itoa(os.Getpid()) {
		return true // another's: opened by its path
	}
	switch m[1] {
	case "stdin":
		p.fd = 0
	case "stdout":
		p.fd = 1
	case "stderr":
		p.fd = 2
	default:
		p.fd, _ = strconv.Atoi(m[2] + m[4])
	}
	return true
}

// AsIs tells whether what is named is written to as it is, and replaced by nothing.
func (p *Place) AsIs() bool { return p.asIs }

// Replaces tells whether there is a file that will be replaced.
func (p *Place) Replaces() bool { return p.old != nil && !p.asIs }

// IsOpen tells whether the place is where an open file goes.
func (p *Place) IsOpen(f *os.File) bool {
	info, err := f.Stat()
	return p.fd >= 0 && p.fd == int(f.Fd()) || err == nil && p.old != nil && info.Mode().IsRegular() && os.SameFile(info, p.old)
}

// Part is the file that grows beside the one that is replaced.
func (p *Place) Part() string { return p.final + ".part" }

// Is tells whether two places are one.
func (p *Place) Is(o *Place) bool {
	if p.fd >= 0 || o.fd >= 0 {
		return p.fd == o.fd
	}
	return p.final == o.final || p.old != nil && o.old != nil && p.asIs == o.asIs && sameName(p, o) ||
		!p.asIs && p.Part() == o.final || !o.asIs && o.Part() == p.final
}

// sameName tells whether two names differ in case alone and are one file: two names of a file that are really two, which
// hard links are, are replaced one by one.
func sameName(p, o *Place) bool {
	return os.SameFile(p.old, o.old) && strings.EqualFold(p.final, o.final)
}

// Create opens what the output is written to.
func (p *Place) Create() (*os.File, error) {
	switch {
	case p.fd >= 0:
		return duplicate(p.fd, p.named)
	case p.asIs:
		return os.OpenFile(p.final, os.O_WRONLY, 0)
	}
	mode := fs.FileMode(0o666)
	if p.old != nil {
		f, err := os.OpenFile(p.final, os.O_WRONLY, 0) // a file that may not be written is not to be replaced either
		if err != nil {
			return nil, err
		}
		f.Close()
		mode = p.old.Mode().Perm()
	}
	if info, err := os.Lstat(p.Part()); err == nil {
		if !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0 {
			return nil, fmt.Errorf("%s is in the way, and no file", p.Part())
		}
		if err := os.Remove(p.Part()); err != nil { // of a run that was killed
			return nil, err
		}
	}
	f, err := os.OpenFile(p.Part(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return nil, err
	}
	if p.old != nil {
		inherit(f, p.old)
	}
	return f, nil
}

// ours tells whether what stands beside the file is still what we write.
func (p *Place) ours(f *os.File) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(p.Part())
	return err == nil && os.SameFile(mine, there)
}

// Finish puts what was written in its place: only now, and only whole. keep is for what is worth something in part.
func (p *Place) Finish(f *os.File, buf *bufio.Writer, keep bool) error {
	err := buf.Flush()
	if p.asIs {
		return errors.Join(err, f.Close())
	}
	if err == nil {
		if err = f.Sync(); errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // a file system without it
			err = nil
		}
	}
	ours := p.ours(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	switch {
	case !ours:
		return errors.Join(err, fmt.Errorf("%s was taken away or written by another while it grew: %s stays as it was", p.Part(), p.named))
	case err != nil:
		if !keep {
			os.Remove(p.Part())
		}
		return err
	}
	if err := os.Rename(p.Part(), p.final); err != nil {
		return fmt.Errorf("%w: all of it is in %s", err, p.Part())
	}
	return nil
}

// Abandon leaves the old file as it is, and takes away what grew beside it unless its lines are worth keeping.
func (p *Place) Abandon(f *os.File, buf *bufio.Writer, keep bool) {
	if keep || p.asIs {
		buf.Flush()
	}
	info, err := f.Stat()
	keep = keep && err == nil && info.Size() > 0
	if !p.asIs && !keep && p.ours(f) {
		os.Remove(p.Part())
	}
	f.Close()
}
