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
	read     map[stamp][]os.FileInfo
	folders  []*folder
	mask     *mask
	judge    *judge.Judge
	keep     *keeper
	all      bool
	warnings []string
	failed   bool // a file that was named could not be read at all
	damaged  bool // a file was read in part, or one of a folder not at all
	covered  *coverage
}

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
	in      *bufio.Reader
	from    *folder // nil: the user named this very file
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
		r.stream(ctx, textFile{name: "standard input", written: time.Now()}, piped(ctx, r.app.Stdin))
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
		default:
			t.found()
		}
		return true
	}
	head, empty := br.Peek(64 << 10)
	if t.kind = imports.Detect(head); t.kind != imports.Unknown {
		keep = true
		t.in = br
		if t.kind == imports.SignetLines {
			t.depth = imports.DepthOf(head)
		}
		r.texts = append(r.texts, t)
		return true
	}
	switch {
	case t.from != nil: // passed over
	case len(head) == 0 && errors.Is(empty, io.EOF):
		r.unread(t.name, nil, errEmpty)
	default:
		r.unread(t.name, nil, errOther)
	}
	return false
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
	err := r.capture.Observations(func(o *signet.Observation) error { return r.put(o, nil) })
	if err != nil {
		return err
	}
	r.capture.Hosts(func(addr netip.Addr) { r.covered.host(addr, true) })
	clients := r.capture.Clients()
	for i := range clients {
		if err := r.client(overheard(&clients[i])); err != nil {
			return err
		}
	}
	for i := range r.texts {
		t := &r.texts[i]
		some, err := r.text(t)
		t.close()
		switch {
		case errors.Is(err, imports.ErrNotNetExec) && t.from != nil: // passed over, as other files of no kind
			continue
		case ctx.Err() != nil:
			r.cut(t)
		case err != nil && !some:
			r.unread(t.name, t.from, err)
			continue
		case err != nil:
			r.damaged = true
			r.warn("%s: %v; what stands before it was read", t.name, err)
		}
		t.found()
	}
	for _, in := range r.folders {
		if in.some || ctx.Err() != nil {
			continue
		}
		r.failed = true // the user named it, and nothing came of it
		if !in.short {
			r.warn("%s: none of its files, %d, is a capture or a result that is read", in.name, in.files)
		}
	}
	return nil
}

// errPacked says of a database why it cannot be read: it is not read from its beginning to its end.
var errPacked = errors.New("a database inside a stream or an archive: unpack it, and name the file")

// text reads one file of another tool; some: it spoke of a host. An error of the store is an error of it all the same: the
// store says it again at the end.
func (r *reading) text(t *textFile) (some bool, err error) {
	host := func(addr netip.Addr, answered bool) {
		some = true
		r.covered.host(addr, answered)
	}
	put := func(o *signet.Observation, of *estate) error {
		some = true
		if o.At.IsZero() {
			o.At = t.written.UTC()
		}
		return r.put(o, of)
	}
	client := func(c *signet.Client) error {
		some = true
		return r.client(c)
	}
	foreign := func(o *signet.Observation) error { return put(o, nil) }
	var st imports.Stats
	switch t.kind {
	case imports.NmapXML:
		st, err = imports.Nmap(t.in, host, foreign)
	case imports.NmapPrint:
		st, err = imports.NmapText(t.in, host, foreign)
	case imports.ZgrabLines:
		st, err = imports.Zgrab(t.in, host, foreign)
	case imports.MasscanJSON:
		st, err = imports.Masscan(t.in, host)
	case imports.SignetLines:
		err = r.lines(t.in, put, client)
	case imports.Database:
		if !t.whole() {
			return false, errPacked
		}
		st, err = imports.NetExec(t.name, host, foreign)
	}
	for _, note := range st.Notes {
		r.warn("%s: %s", t.name, note)
	}
	return some, err
}

// lines reads Signet's own lines; what its own asking saw bears the version that asked.
func (r *reading) lines(in io.Reader, put func(*signet.Observation, *estate) error, client func(*signet.Client) error) error {
	run, of := &imports.Run{}, r.covered.estate(nil, nil)
	return imports.Lines(in, imports.Handler{
		Run: func(l *imports.Run) error {
			run, of = l, r.covered.estate(l.Targets, l.Checks)
			return nil
		},
		Observation: func(o *signet.Observation) error {
			if o.Source == "" {
				o.Source = run.Tool
			}
			return put(o, of)
		},
		Client: client,
		Summary: func(l *imports.Run) error { // which knows of the endpoints that have no line, too
			if l.Coverage == nil {
				l = run // an export has counts there
			}
			var p store.Progress
			p.Addresses, p.Alive, p.Asked, p.Outcomes = l.Counts()
			r.covered.run(of, &p)
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
