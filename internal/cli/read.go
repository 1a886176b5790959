package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/capture"
	"signet/internal/imports"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/store"
)

func (a *app) readCommand() *cobra.Command {
	var f readFlags
	cmd := &cobra.Command{
		Use:   "read [flags] FILE...",
		Short: "Judge without a packet: captures and other tools' results",
		Long: `Judge what is already there: packet captures (pcap, pcapng), nmap XML, zgrab2 JSON lines, masscan JSON (coverage only)
and Signet's own JSON lines. gzip and zstd are undone; - is standard input; a folder stands for every file in it.

What a capture or a tool does not show stays unknown: nothing is asked. Nothing that could be cracked or replayed is
kept or printed.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.read(cmd.Context(), &f, args)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.anonymize, "anonymize", false, "replace addresses and names, the same one always by the same")
	return cmd
}

type readFlags struct {
	reportFlags
	anonymize bool
}

// reading is one `signet read`.
type reading struct {
	app      *app
	capture  *capture.Reader
	texts    []textFile
	warnings []string
	failed   bool // a file that was named could not be read at all
	damaged  bool // a file was read in part
	files    int
	stats    []imports.Stats
}

// textFile is another tool's file, read while its results are written.
type textFile struct {
	name string
	kind imports.Kind
	in   *bufio.Reader
	file io.Closer
}

// read judges files.
func (a *app) read(ctx context.Context, f *readFlags, names []string) error {
	if len(names) == 0 {
		return usage("no FILE: give a capture, nmap XML, JSON lines or a folder, or - for standard input")
	}
	failOn, fail, err := f.settle()
	if err != nil {
		return err
	}
	policy, err := a.policy(f.policy)
	if err != nil {
		return err
	}
	judge, err := judge.New(a.checks, policy)
	if err != nil {
		return usage("%v", err)
	}
	out, err := a.open(f.outputs, f.color)
	if err != nil {
		return err
	}
	defer out.close()
	memory, err := a.openStore(ctx, f.store, true)
	if err != nil {
		return err
	}
	if memory != nil {
		defer memory.Close()
	}
	r := &reading{app: a, capture: capture.NewReader(a.checks)}
	defer r.close()
	header := &report.Header{Run: runID(), Tool: a.tool(), Started: time.Now().UTC(), Targets: names, Depth: signet.Handshake, Policy: policy.ID(), Trace: f.trace}
	for _, c := range a.checks {
		header.Checks = append(header.Checks, c.Name)
	}
	for _, name := range names {
		if err := r.open(ctx, name, true); err != nil {
			return err
		}
	}
	r.captured()
	header.Warnings = r.warnings
	if f.anonymize { // names of files tell whose they are
		header.Targets, header.Warnings = []string{fmt.Sprintf("files: %d", len(names))}, nil
	}
	sink := &sink{judge: judge, out: out, all: f.all}
	sink.census = newCensus(a.checks, judge, out.writers, sink.emit)
	if memory != nil {
		rec, err := store.Record(ctx, memory, &store.Run{
			ID: header.Run, Tool: header.Tool, Started: header.Started, Targets: header.Targets, Checks: header.Checks, Policy: header.Policy, Warnings: header.Warnings,
		}, nil)
		if err != nil {
			return trouble("%v", err)
		}
		sink.keep = &keeper{rec: rec, trace: f.trace}
	}
	for _, w := range out.writers {
		if err := w.Begin(header); err != nil {
			return trouble("output: %v", err)
		}
	}
	mask := newMask(f.anonymize)
	counts := &report.Coverage{}
	put := func(o *signet.Observation) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		counts.Asked++
		counts.Outcomes[o.Outcome]++
		if !f.all && !o.Reached() {
			return nil
		}
		mask.observation(o)
		a.decode(o)
		return sink.Put(o)
	}
	err = r.results(put)
	interrupted := errors.Is(err, context.Canceled)
	if err != nil && !interrupted {
		sink.keep.stop(time.Time{}, true)
		return trouble("%v", err)
	}
	if err := sink.keep.stop(time.Now(), interrupted); err != nil {
		return err
	}
	if err := sink.census.end(); err != nil {
		return trouble("%v", err)
	}
	clients := r.capture.Clients()
	for i := range clients {
		mask.client(&clients[i])
	}
	if err := writeClients(out, header.Run, clients, false); err != nil {
		return trouble("output: %v", err)
	}
	counts.Undetermined = sink.tally.Verdicts[signet.Undetermined]
	counts.Addresses = r.capture.Addresses()
	for _, st := range r.stats {
		counts.Addresses += st.Hosts
	}
	counts.Alive = counts.Addresses // each was seen to say something, or another tool said that it did
	summary := &report.Summary{Ended: time.Now().UTC(), Interrupted: interrupted, Coverage: *counts, Verdicts: sink.tally.Verdicts, Findings: sink.tally.Findings}
	for _, w := range out.writers {
		if err := w.End(summary); err != nil {
			return trouble("output: %v", err)
		}
	}
	if err := writeClients(out, header.Run, clients, true); err != nil {
		return trouble("output: %v", err)
	}
	if err := out.close(); err != nil {
		return trouble("output: %v", err)
	}
	return r.exit(interrupted, sink.tally.Exit(failOn, fail), fail)
}

// exit is the contract's exit code of what was read.
func (r *reading) exit(interrupted bool, code int, fail bool) error {
	switch {
	case interrupted:
		return &exitError{code: exitInterrupted}
	case r.failed:
		return &exitError{code: exitTrouble}
	case code == exitDone && fail && r.damaged:
		return &exitError{code: exitIncomplete}
	case code != exitDone:
		return &exitError{code: code}
	}
	return nil
}

// warn says something of a file, on standard error and in the report.
func (r *reading) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.warnings = append(r.warnings, text)
	fmt.Fprintln(r.app.Stderr, "signet: "+report.Clean(text))
}

// open reads a capture, or opens another tool's file for later. named: the user asked for this very file.
func (r *reading) open(ctx context.Context, name string, named bool) error {
	if ctx.Err() != nil {
		return &exitError{code: exitInterrupted}
	}
	if name == "-" {
		r.stream("standard input", r.app.Stdin, nil, named)
		return nil
	}
	info, err := os.Stat(name)
	if err != nil {
		r.failed = true
		r.warn("%v", err)
		return nil
	}
	if info.IsDir() {
		return r.folder(ctx, name)
	}
	f, err := os.Open(name)
	if err != nil {
		r.failed = true
		r.warn("%v", err)
		return nil
	}
	r.stream(name, f, f, named)
	return nil
}

// folder reads every file below a folder. What is of no kind that is read is passed over.
func (r *reading) folder(ctx context.Context, name string) error {
	var files []string
	err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			r.warn("%v", err)
			return nil
		}
		if d.Type().IsRegular() {
			files = append(files, path)
		}
		return ctx.Err()
	})
	if err != nil {
		return &exitError{code: exitInterrupted}
	}
	slices.Sort(files)
	for _, path := range files {
		if err := r.open(ctx, path, false); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) stream(name string, in io.Reader, file io.Closer, named bool) {
	keep := false
	defer func() {
		if file != nil && !keep {
			file.Close()
		}
	}()
	kind, br, err := capture.Open(in)
	if err != nil {
		r.failed = r.failed || named
		r.warn("%s: %v", name, err)
		return
	}
	switch kind {
	case capture.KindPcap, capture.KindPcapng, capture.KindNetMon:
		r.files++
		var damage *capture.DamageError
		switch err := r.capture.Read(kind, br); {
		case errors.As(err, &damage):
			r.damaged = true
			r.warn("%s: %v", name, err)
		case err != nil:
			r.failed = r.failed || named
			r.warn("%s: %v", name, err)
		}
		return
	case capture.KindText:
		head, _ := br.Peek(64 << 10)
		if k := imports.Detect(head); k != imports.Unknown {
			keep = true
			r.files++
			r.texts = append(r.texts, textFile{name, k, br, file})
			return
		}
	}
	if named {
		r.failed = true
		r.warn("%s: no capture, nmap XML, zgrab2 or masscan JSON, nor JSON lines of Signet", name)
	}
}

// captured says what of the captures could not be read.
func (r *reading) captured() {
	for link, n := range r.capture.Stats.UnknownLink {
		r.damaged = true
		r.warn("%d packets of link type %d are not read", n, link)
	}
	if n := r.capture.Stats.Crowded; n > 0 {
		r.damaged = true
		r.warn("%d connections to further endpoints: more are in the capture than are kept", n)
	}
}

// results hands over everything that was learned.
func (r *reading) results(put imports.Sink) error {
	if err := r.capture.Observations(put); err != nil {
		return err
	}
	for i := range r.texts {
		t := &r.texts[i]
		var st imports.Stats
		var err error
		switch t.kind {
		case imports.NmapXML:
			st, err = imports.Nmap(t.in, put)
		case imports.SignetLines:
			st, err = imports.Lines(t.in, put)
		case imports.ZgrabLines:
			st, err = imports.Zgrab(t.in, put)
		case imports.MasscanJSON:
			st, err = imports.Masscan(t.in, put)
		}
		r.stats = append(r.stats, st)
		if errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			r.damaged = true
			r.warn("%s: %v; what stands before it was read", t.name, err)
		}
		if t.file != nil {
			t.file.Close()
			t.file = nil
		}
	}
	return nil
}

func (r *reading) close() {
	for _, t := range r.texts {
		if t.file != nil {
			t.file.Close()
		}
	}
}
