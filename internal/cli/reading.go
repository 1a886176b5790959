package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"signet"
	"signet/internal/capture"
	"signet/internal/imports"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/store"
)

// reading is one `signet read`.
type reading struct {
	app      *app
	capture  *capture.Reader
	texts    []textFile
	mask     *mask
	judge    *judge.Judge
	keep     *keeper
	all      bool
	warnings []string
	failed   bool // a file that was named could not be read at all
	damaged  bool // a file was read in part
	known    int  // how many files were recognised
	covered  *coverage
	opened   []os.FileInfo // files that were read, or will be
}

// textFile is another tool's file, opened and not read yet.
type textFile struct {
	name    string
	kind    imports.Kind
	in      *bufio.Reader
	named   bool // the user asked for this very file
	file    io.Closer
	written time.Time // for what bears no time of its own
	depth   signet.Depth
}

// warn says something of a file, on standard error and in the report.
func (r *reading) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.warnings = append(r.warnings, text)
	fmt.Fprintln(r.app.Stderr, "signet: "+report.Clean(text))
}

// open reads a capture, or opens another tool's file for later. named: the user asked for this very file. When ctx ends so
// does what is read.
func (r *reading) open(ctx context.Context, name string, named bool) {
	if name == "-" {
		r.stream(ctx, textFile{name: "standard input", written: time.Now(), named: named}, piped(ctx, r.app.Stdin))
		return
	}
	info, err := os.Stat(name)
	if err != nil {
		r.unread(name, err, true)
		return
	}
	if info.IsDir() {
		r.folder(ctx, name)
		return
	}
	// A file that is named twice, or by itself and with its folder, is one source.
	if info.Mode().IsRegular() {
		if slices.ContainsFunc(r.opened, func(was os.FileInfo) bool { return os.SameFile(was, info) }) {
			r.known++
			return
		}
		r.opened = append(r.opened, info)
	}
	f, err := os.Open(name)
	if err != nil {
		r.unread(name, err, true)
		return
	}
	in := io.Reader(until{ctx, f})
	if !info.Mode().IsRegular() {
		in = piped(ctx, f)
	}
	r.stream(ctx, textFile{name: name, file: f, written: info.ModTime(), named: named}, in)
}

// unread says of a file that nothing of it was read. named: the run is no good without it.
func (r *reading) unread(name string, err error, named bool) {
	r.failed = r.failed || named
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err // the name stands before it
	}
	r.warn("%s: %v", name, err)
}

// folder reads every file below a folder. What is of no kind that is read is passed over.
func (r *reading) folder(ctx context.Context, name string) {
	var files []string
	before, failed := r.known, r.failed
	filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			r.unread(path, err, path == name)
			return nil
		}
		if d.Type().IsRegular() {
			files = append(files, path)
		}
		return ctx.Err()
	})
	slices.Sort(files)
	for _, path := range files {
		if ctx.Err() != nil {
			break
		}
		r.open(ctx, path, false)
	}
	if r.known == before && r.failed == failed && ctx.Err() == nil {
		r.failed = true
		r.warn("%s: none of its %d files is one that is read", name, len(files))
	}
}

func (r *reading) stream(ctx context.Context, t textFile, in io.Reader) {
	keep := false
	defer func() {
		if t.file != nil && !keep {
			t.file.Close()
		}
	}()
	kind, br, err := capture.Open(in)
	if ctx.Err() != nil && (err != nil || kind == capture.KindUnknown) {
		r.cut(&t)
		return
	}
	if err != nil {
		r.failed = r.failed || t.named
		r.warn("%s: %v", t.name, err)
		return
	}
	if _, err := br.Peek(1); t.named && errors.Is(err, io.EOF) {
		r.failed = true
		r.warn("%s: it is empty", t.name)
		return
	}
	switch kind {
	case capture.KindPcap, capture.KindPcapng, capture.KindNetMon:
		r.known++
		var damage *capture.DamageError
		switch err := r.capture.Read(kind, br); {
		case ctx.Err() != nil:
			r.cut(&t)
		case errors.As(err, &damage):
			r.damaged = true
			r.warn("%s: %v", t.name, err)
		case err != nil:
			r.failed = r.failed || t.named
			r.warn("%s: %v", t.name, err)
		}
		return
	}
	head, _ := br.Peek(64 << 10)
	if t.kind = imports.Detect(head); t.kind != imports.Unknown {
		keep = true
		r.known++
		t.in = br
		if t.kind == imports.SignetLines {
			t.depth = imports.DepthOf(head)
		}
		r.texts = append(r.texts, t)
		return
	}
	if t.named {
		r.failed = true
		r.warn("%s: no capture, result of nmap, zgrab2 or masscan JSON, NetExec database, nor JSON lines of Signet", t.name)
	}
}

// cut says of a file that it was read as far as it was when the user had enough.
func (r *reading) cut(t *textFile) {
	r.warn("%s: interrupted; what stands before that was read", t.name)
}

// captured says what of the captures could not be read.
func (r *reading) captured() {
	for link, n := range r.capture.Stats.UnknownLink {
		r.damaged = true
		r.warn("%d packets of link type %d are not read", n, link)
	}
	if n := r.capture.Stats.Cut; n > 0 {
		r.damaged = true
		r.warn("%d packets were captured in part, and what is missing is not known: capture whole packets, with tcpdump by `-s 0`", n)
	}
	if n := r.capture.Stats.Undescribed; n > 0 {
		r.damaged = true
		r.warn("%d packets of interfaces that their file does not describe are not read", n)
	}
	if n := r.capture.Stats.Crowded; n > 0 {
		r.damaged = true
		r.warn("%d connections to further endpoints: more are in the capture than are kept; read its parts alone", n)
	}
	if n := r.capture.Stats.Unlisted; n > 0 {
		r.warn("further clients were seen %d times: more are in the capture than are kept", n)
	}
}

// results keeps everything that captures and files say.
func (r *reading) results(ctx context.Context) error {
	heard := map[netip.Addr]bool{}
	err := r.capture.Observations(func(o *signet.Observation) error {
		heard[o.Addr] = true
		return r.put(o)
	})
	if err != nil {
		return err
	}
	r.covered.uncounted(r.capture.Addresses(), uint64(len(heard)))
	clients := r.capture.Clients()
	for i := range clients {
		if err := r.client(overheard(&clients[i])); err != nil {
			return err
		}
	}
	for i := range r.texts {
		t := &r.texts[i]
		var last netip.Addr // a tool speaks of host after host
		var lined uint64
		hosts, err := r.text(t, func(o *signet.Observation) error {
			if o.Addr != last {
				last = o.Addr
				lined++
			}
			if o.At.IsZero() {
				o.At = t.written.UTC()
			}
			return r.put(o)
		})
		if errors.Is(err, imports.ErrNotNetExec) || errors.Is(err, errPacked) {
			t.close()
			if t.named || errors.Is(err, errPacked) { // else passed over, as other files of a folder that are of no kind
				r.failed = true
				r.warn("%s: %v", t.name, err)
			}
			continue
		}
		r.covered.uncounted(hosts, lined)
		if ctx.Err() != nil {
			r.cut(t)
			t.close()
			continue
		}
		switch {
		case err != nil && hosts == 0 && lined == 0:
			r.unread(t.name, err, t.named)
		case err != nil:
			r.damaged = true
			r.warn("%s: %v; what stands before it was read", t.name, err)
		}
		t.close()
	}
	return nil
}

// errPacked says of a database why it cannot be read: it is not read from its beginning to its end.
var errPacked = errors.New("a database inside a stream or an archive: unpack it, and name the file")

// text reads one file of another tool. An error of put that is none of the file's is an error of it all the same: the
// store says it again at the end.
func (r *reading) text(t *textFile, put imports.Sink) (hosts uint64, err error) {
	var st imports.Stats
	switch t.kind {
	case imports.NmapXML:
		st, err = imports.Nmap(t.in, put)
	case imports.NmapPrint:
		st, err = imports.NmapText(t.in, put)
	case imports.ZgrabLines:
		st, err = imports.Zgrab(t.in, put)
	case imports.MasscanJSON:
		st, err = imports.Masscan(t.in, put)
	case imports.SignetLines:
		return 0, r.lines(t.in, put)
	case imports.Database:
		if !t.whole() {
			return 0, errPacked
		}
		st, err = imports.NetExec(t.name, put)
	}
	for _, note := range st.Notes {
		r.warn("%s: %s", t.name, note)
	}
	return st.Hosts, err
}

// lines reads Signet's own lines; what its own asking saw bears the version that asked.
func (r *reading) lines(in io.Reader, put imports.Sink) error {
	run, lines := &imports.Run{}, [8]uint64{}
	return imports.Lines(in, imports.Handler{
		Run: func(l *imports.Run) error { run, lines = l, [8]uint64{}; return nil },
		Observation: func(o *signet.Observation) error {
			if o.Source == "" {
				o.Source = run.Tool
			}
			lines[o.Outcome]++
			return put(o)
		},
		Client: r.client,
		Summary: func(l *imports.Run) error { // which knows of the endpoints that have no line, too
			if l.Coverage == nil {
				l = run // an export has counts there
			}
			var p store.Progress
			p.Addresses, p.Alive, p.Asked, p.Outcomes = l.Counts()
			r.covered.run(run.Targets, run.Checks, &p, &lines)
			return nil
		},
	})
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
