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
	"strings"
	"time"

	"signet"
	"signet/internal/capture"
	"signet/internal/imports"
	"signet/internal/judge"
	"signet/internal/store"
	"signet/internal/text"
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
	in      *bufio.Reader // nil: the file is opened again when its turn comes
	from    *folder       // nil: the user named this very file
	seems   string        // of a kind that is not read
	file    io.Closer
	written time.Time // for what bears no time of its own
	depth   signet.Depth
}

// warn says something of a file, on standard error and in the report.
func (r *reading) warn(format string, args ...any) {
	warning := fmt.Sprintf(format, args...)
	r.warnings = append(r.warnings, warning)
	fmt.Fprintln(r.app.Stderr, "signet: "+text.Clean(warning))
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
			t.depth = imports.DepthOf(head)
		}
		if t.kind == imports.Text || t.kind == imports.NmapPrint { // in which there may be nothing of nmap
			t.seems = imports.Seems(head)
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
		r.other(&t, imports.Seems(head))
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
		if ctx.Err() != nil && r.texts[i].in == nil { // of a stream, what came until then is there
			r.cut(&r.texts[i])
			continue
		}
		r.result(ctx, &r.texts[i])
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

// result reads a file of another tool, and says what is to be said of it.
func (r *reading) result(ctx context.Context, t *textFile) {
	st, some, err := r.text(ctx, t)
	t.close()
	for _, note := range st.Notes {
		r.warn("%s: %s", t.name, note)
	}
	switch {
	case errors.Is(err, imports.ErrNotNetExec) && t.from != nil: // passed over, as other files of no kind
		return
	case ctx.Err() != nil:
		r.cut(t)
	case t.kind == imports.Text && !st.Nmap: // whatever stopped it
		r.other(t, t.seems)
		return
	case err != nil && !some:
		r.unread(t.name, t.from, err)
		return
	case err != nil:
		r.damaged = true
		r.warn("%s: %v; what stands before it was read", t.name, err)
	case !some && st.Odd > 0:
		r.unread(t.name, t.from, fmt.Errorf("none of its lines was understood; the first is line %d: %s", st.OddLine, st.OddWhy))
		return
	case !some && t.seems != "":
		r.other(t, t.seems)
		return
	case !some && t.from != nil: // nothing is missing
		t.from.short = true
		r.warn("%s: %v", t.name, errNobody)
		return
	case !some:
		r.unread(t.name, nil, errNobody)
		return
	}
	if st.Odd > 0 {
		r.damaged = true
		r.warn("%s: %s not understood, the first is line %d: %s; what stands beside was read", t.name, text.Count(st.Odd, "line was", "lines were"), st.OddLine, st.OddWhy)
	}
	t.found()
}

// errNobody says of a result that is read that nothing came of it.
var errNobody = errors.New("nothing came of it: it names no host that is read, and no run")

// errPacked says of a database why it cannot be read: it is not read from its beginning to its end.
var errPacked = errors.New("a database inside a stream or an archive: unpack it, and name the file")

// reopen goes back to the beginning of a file that was recognised.
func (t *textFile) reopen(ctx context.Context) error {
	if t.in != nil {
		return nil
	}
	f, err := os.Open(t.name)
	if err != nil {
		return err
	}
	t.file = f
	_, t.in, err = capture.Open(until{ctx, f})
	return err
}

// text reads one file of another tool; some: it spoke of a host or of a run. An error of the store is an error of it all the same:
// the store says it again at the end.
func (r *reading) text(ctx context.Context, t *textFile) (st imports.Stats, some bool, err error) {
	if err := t.reopen(ctx); err != nil {
		return st, false, err
	}
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
	switch t.kind {
	case imports.NmapXML:
		st, err = imports.Nmap(t.in, host, foreign)
	case imports.NmapPrint, imports.Text:
		st, err = imports.NmapText(t.in, host, foreign)
	case imports.ZgrabLines:
		st, err = imports.Zgrab(t.in, host, foreign)
	case imports.MasscanJSON:
		st, err = imports.Masscan(t.in, host)
	case imports.SignetLines:
		var own bool
		own, err = r.lines(t.in, &st, put, client)
		some = some || own
	case imports.Database:
		if !t.whole() {
			return st, false, errPacked
		}
		st, err = imports.NetExec(t.name, host, foreign)
	}
	return st, some, err
}

// lines reads Signet's own lines; what its own asking saw bears the version that asked. told: they tell of a run.
func (r *reading) lines(in io.Reader, st *imports.Stats, put func(*signet.Observation, *estate) error, client func(*signet.Client) error) (told bool, err error) {
	run, of := &imports.Run{}, r.covered.estate(nil, nil)
	err = imports.Lines(in, imports.Handler{
		Run: func(l *imports.Run) error {
			told = true
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
			told = true
			if l.Coverage == nil {
				l = run // an export has counts there
			}
			var p store.Progress
			p.Addresses, p.Alive, p.Asked, p.Outcomes = l.Counts()
			r.covered.run(of, &p)
			return nil
		},
		Odd: func(n uint64, line int, why string) { st.Odd, st.OddLine, st.OddWhy = n, line, why },
	})
	return told, err
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
