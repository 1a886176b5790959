package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"

	"signet"
	"signet/internal/capture"
	"signet/internal/imports"
	"signet/internal/line"
	"signet/internal/store"
	"signet/internal/text"
)

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
	err := r.capture.Observations(func(o *signet.Observation) error { return r.take(o, nil) })
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
var errNobody = errors.New("it yields nothing: no host that Signet reads, and no run")

// errPacked says of a database why it cannot be read: it is not read from its beginning to its end.
var errPacked = errors.New("a database inside a stream or an archive: unpack it and name the file")

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
		return r.take(o, of)
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
	run, of := &line.Run{}, r.covered.estate(nil, nil)
	err = line.Read(in, line.Handler{
		Run: func(l *line.Run) error {
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
		Summary: func(l *line.Summary) error { // which knows of the endpoints that have no line, too
			told = true
			p := progressIn(l.Coverage)
			if l.Coverage == nil { // an export has its counts on the run line
				p = store.Progress(run.Progress)
			}
			r.covered.run(of, &p)
			return nil
		},
		Odd: func(n uint64, line int, why string) { st.Odd, st.OddLine, st.OddWhy = n, line, why },
	})
	return told, err
}

// overheard is a client of a capture in the contract's words.
func overheard(c *capture.Client) *signet.Client {
	out := &signet.Client{
		At: c.At.UTC(), Address: c.Address, Server: c.Server.Addr(), Port: c.Server.Port(), Check: c.Check, Logon: c.Logon, User: c.User, Domain: c.Domain,
		Workstation: c.Workstation, Target: c.Target, Response: c.Response, Version: c.Version, Signing: c.Signing, SMB1: c.SMB1,
		WebDAV: c.WebDAV, Agent: c.Agent, Connections: c.Count,
	}
	if c.Logon == "ntlm" {
		out.MIC, out.Sign, out.Binding = &c.MIC, &c.Sign, c.Binding
	}
	return out
}
