package run

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/capture"
	"signet/internal/imports"
	"signet/internal/line"
	"signet/internal/scope"
)

// stamp finds a file among many that were read already.
type stamp struct {
	size    int64
	written time.Time
}

// folder is one that the user named.
type folder struct {
	name  string
	files int
	some  bool // of it something was read
	short bool // what could not be was said
}

// textFile is another tool's file, opened and not read yet.
type textFile struct {
	name    string
	kind    imports.Kind
	in      *bufio.Reader // nil: the file is opened again when its turn comes
	from    *folder       // nil: the user named this very file
	seems   string        // of a kind that is not read
	file    io.Closer
	written time.Time // for what bears no time of its own
	depth   signet.Depth
}

// unread says of a file that nothing of it was read. Where the user named it the run has failed; one of a folder is missing.
func (r *reading) unread(name string, from *folder, err error) {
	if from == nil {
		r.failed = true
	} else {
		r.damaged, from.short = true, true
	}
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err // the name stands before it
	}
	r.warn("%s: %v", name, err)
}

// open reads a capture, or opens another tool's file for later; from is the folder in which it was found, nil where the user
// named it. When ctx ends so does what is read.
func (r *reading) open(ctx context.Context, name string, from *folder) {
	if name == "-" {
		r.stream(ctx, textFile{name: "standard input", written: time.Now()}, piped(ctx, r.env.stdin()))
		return
	}
	info, err := os.Stat(name)
	if err != nil {
		r.unread(name, from, err)
		return
	}
	if info.IsDir() {
		r.folder(ctx, name)
		return
	}
	t := textFile{name: name, from: from, written: info.ModTime()}
	if !info.Mode().IsRegular() {
		r.stream(ctx, t, piped(ctx, &opening{name: name}))
		return
	}
	// One that is named twice, or by itself and with its folder, is one source: its connections would count twice.
	is := stamp{info.Size(), info.ModTime()}
	if slices.ContainsFunc(r.read[is], func(was os.FileInfo) bool { return os.SameFile(was, info) }) {
		t.found()
		return
	}
	f, err := os.Open(name)
	if err != nil {
		r.unread(name, from, err)
		return
	}
	t.file = f
	if r.stream(ctx, t, until{ctx, f}) {
		r.read[is] = append(r.read[is], info)
	}
}

// folder reads every file below a folder. What is of no kind that is read is passed over.
func (r *reading) folder(ctx context.Context, name string) {
	in := &folder{name: name}
	r.folders = append(r.folders, in)
	var files []string
	filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			r.unread(path, in, err)
			return nil
		}
		if d.Type().IsRegular() {
			files = append(files, path)
		}
		return ctx.Err()
	})
	slices.Sort(files)
	in.files = len(files)
	for _, path := range files {
		if ctx.Err() != nil {
			break
		}
		r.open(ctx, path, in)
	}
}

// errEmpty says of a file that there is nothing in it.
var errEmpty = errors.New("it is empty")

// errNoPacket says of a capture that nothing was captured.
var errNoPacket = errors.New("a capture without a packet")

// errOther says of a file that it is none of those that are read.
var errOther = errors.New("no capture, result of nmap, zgrab2 or masscan JSON, NetExec database, nor JSON lines of Signet")

// stream reads a capture, or keeps another tool's file for later, and tells whether it is one of these.
func (r *reading) stream(ctx context.Context, t textFile, in io.Reader) (taken bool) {
	keep := false
	defer func() {
		if t.file != nil && !keep {
			t.file.Close()
		}
	}()
	kind, br, err := capture.Open(in)
	if ctx.Err() != nil && (err != nil || kind == capture.KindUnknown) {
		r.cut(&t)
		return false
	}
	if err != nil {
		r.unread(t.name, t.from, err)
		return false
	}
	switch kind {
	case capture.KindPcap, capture.KindPcapng, capture.KindNetMon:
		var damage *capture.DamageError
		before := r.capture.Stats.Packets
		switch err := r.capture.Read(kind, br); {
		case ctx.Err() != nil:
			t.found()
			r.cut(&t)
		case errors.As(err, &damage) && damage.After > 0:
			t.found()
			r.damaged = true
			r.warn("%s: %v", t.name, err)
		case err != nil:
			r.unread(t.name, t.from, err)
			return false
		case r.capture.Stats.Packets == before && t.from == nil:
			r.unread(t.name, nil, errNoPacket)
		default:
			t.found()
		}
		return true
	}
	head, empty := br.Peek(imports.Head)
	if t.kind = imports.Detect(head); t.kind != imports.Unknown {
		if t.kind == imports.SignetLines {
			t.depth = line.DepthOf(head)
		}
		if t.kind == imports.Text || t.kind == imports.NmapPrint { // in which there may be nothing of nmap
			t.seems = seems(head)
		}
		// Of a folder there may be thousands: none that can be opened again stays open until its turn.
		if keep = t.file == nil; keep {
			t.in = br
		}
		later := t
		if !keep {
			later.file = nil
		}
		r.texts = append(r.texts, later)
		return true
	}
	switch {
	case len(head) == 0 && errors.Is(empty, io.EOF):
		if t.from == nil {
			r.unread(t.name, nil, errEmpty)
		}
	case len(head) == 0 && empty != nil:
		r.unread(t.name, t.from, empty)
	default:
		r.other(&t, seems(head))
	}
	return false
}

// seems says of the beginning of a file what else it is than what is read; empty where that is not known.
func seems(head []byte) string {
	if other := imports.Seems(head); other != "" || !listsTargets(head) {
		return other
	}
	return "it seems to be a list of targets: signet scan -f reads it"
}

// listsTargets tells whether a file begins with an address, a range or a block on a line of its own.
func listsTargets(head []byte) bool {
	for line := range strings.Lines(string(head)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			form, err := scope.Parse(line)
			return err == nil && len(form.Ranges) > 0
		}
	}
	return false
}

// other says of a file that it is of no kind that is read. One of a folder is passed over; where something of it could be read in
// another form, that is said.
func (r *reading) other(t *textFile, seems string) {
	switch {
	case t.from == nil && seems != "":
		r.unread(t.name, nil, errors.New(seems))
	case t.from == nil:
		r.unread(t.name, nil, errOther)
	case strings.Contains(seems, "read: give "), strings.Contains(seems, "read: unpack "):
		r.warn("%s: passed over: %s", t.name, seems)
	}
}

// found says that something of a file was read.
func (t *textFile) found() {
	if t.from != nil {
		t.from.some = true
	}
}

// cut says of a file that it was read as far as it was when the user had enough.
func (r *reading) cut(t *textFile) {
	r.warn("%s: interrupted; what stands before that was read", t.name)
}

// whole tells whether the file itself, and not what is packed in it, is what was recognised.
func (t *textFile) whole() bool {
	f, ok := t.file.(*os.File)
	if !ok {
		return false
	}
	head := make([]byte, 64)
	n, _ := f.ReadAt(head, 0)
	return imports.Detect(head[:n]) == t.kind
}

func (t *textFile) close() {
	if t.file != nil {
		t.file.Close()
		t.file = nil
	}
}

func (r *reading) close() {
	for i := range r.texts {
		r.texts[i].close()
	}
}

// until is a file that ends where it stands when ctx ends.
type until struct {
	ctx context.Context
	in  io.Reader
}

func (u until) Read(b []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, io.EOF
	}
	return u.in.Read(b)
}

// opening is a file that is opened at the first read: to open a named pipe is to wait for who writes to it.
type opening struct {
	name string
	file *os.File
}

func (o *opening) Read(b []byte) (n int, err error) {
	if o.file == nil {
		if o.file, err = os.Open(o.name); err != nil {
			return 0, err
		}
	}
	return o.file.Read(b)
}

// piped is what until is, for a stream whose reads may wait for ever. The one that does is left to the end of the process.
func piped(ctx context.Context, in io.Reader) io.Reader {
	r, w := io.Pipe()
	go func() {
		buf := make([]byte, 256<<10)
		for {
			n, err := in.Read(buf)
			if n > 0 {
				if _, gone := w.Write(buf[:n]); gone != nil {
					return
				}
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
	}()
	context.AfterFunc(ctx, func() { w.Close() })
	return r
}
