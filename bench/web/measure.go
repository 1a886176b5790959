//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// bench is what is measured, and what came of it.
type bench struct {
	*config
	bars    []bar
	address string // of the PostgreSQL server; "": SQLite
	closing []func()
}

func (b *bench) close() {
	for _, f := range slices.Backward(b.closing) {
		f()
	}
}

// newStore makes an empty store, and gives its URL.
func (b *bench) newStore(ctx context.Context, name string) (string, error) {
	if b.address != "" {
		return b.address + name, makeDatabase(ctx, b.address, name)
	}
	path := filepath.Join(b.db, name+".db")
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return "sqlite:" + path, nil
}

// self runs this program as a child, so that what it takes is not ours.
func (b *bench) self(ctx context.Context, args ...string) (*exec.Cmd, error) {
	name, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, name, append([]string{"-hosts", fmt.Sprint(b.hosts), "-small", fmt.Sprint(b.small)}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, nil
}

func (b *bench) fill(ctx context.Context, url string, runs ...string) error {
	cmd, err := b.self(ctx, append([]string{"-fill", url}, runs...)...)
	if err != nil {
		return err
	}
	return cmd.Run()
}

// measure goes through the bars.
func (b *bench) measure(ctx context.Context) error {
	if b.store == "postgres" {
		address, stop, err := startPostgres(ctx, b.db)
		if err != nil {
			return err
		}
		b.address, b.closing = address, append(b.closing, stop)
	}
	if err := errors.Join(b.empty(ctx), b.scheduled(ctx)); err != nil || b.config.idle {
		return err
	}
	url, err := b.newStore(ctx, "estate")
	if err != nil {
		return err
	}
	if err := b.fill(ctx, url, "run1", "small"); err != nil {
		return err
	}
	s, err := serve(ctx, b.signet, url, b.network)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *served, string) error{b.firstRead, b.laterRead, b.underLoad, b.policies} {
		if err := step(ctx, s, url); err != nil {
			return errors.Join(err, s.stop())
		}
	}
	if err := b.end(s, "first"); err != nil {
		return err
	}
	if s, err = serve(ctx, b.signet, url, b.network); err != nil {
		return err
	}
	b.bar("ready, with all of it", s.ready.Seconds(), 1, "s", "from the start of the process until /readyz says so")
	for _, step := range []func(context.Context, *served, string) error{b.rested, b.jobs} {
		if err := step(ctx, s, url); err != nil {
			return errors.Join(err, s.stop())
		}
	}
	return b.end(s, "second")
}

// end ends a server, and says what it took.
func (b *bench) end(s *served, which string) error {
	b.bar("most memory of the "+which+" process", s.most(), 256, "MiB", "VmHWM")
	return s.stop()
}

// empty is what a server takes that has nothing to show.
func (b *bench) empty(ctx context.Context) error {
	url, err := b.newStore(ctx, "empty")
	if err != nil {
		return err
	}
	s, err := serve(ctx, b.signet, url, b.network)
	if err != nil {
		return err
	}
	b.bar("ready, nothing stored", s.ready.Seconds(), 1, "s", "")
	if err := s.quiet(ctx); err != nil {
		return errors.Join(err, s.stop())
	}
	time.Sleep(15 * time.Second) // memory that is not used is given back every ten
	s.doing("idle")
	time.Sleep(time.Second)
	b.bar("idle, nothing stored", s.resident("idle"), 64, "MiB", "resident")
	return s.stop()
}

// rested is what it takes when nobody has asked for a while.
func (b *bench) rested(ctx context.Context, s *served, _ string) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	s.doing("rests")
	time.Sleep(10 * time.Second)
	b.bar("at rest, with all of it", s.resident("rests"), 0, "MiB", "resident; nobody asks")
	return nil
}

// shows waits until the last host is known from a run.
func (b *bench) shows(ctx context.Context, s *served, run string) error {
	for end := time.Now().Add(10 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		var list struct {
			Items []struct {
				Runs []string `json:"runs"`
			} `json:"items"`
		}
		err := s.call(ctx, "GET", fmt.Sprintf("/hosts?limit=1&q=host%06d", b.hosts-1), nil, &list)
		if len(list.Items) > 0 && slices.Contains(list.Items[0].Runs, run) {
			return nil
		}
		if time.Now().After(end) {
			return errors.Join(fmt.Errorf("%s is never shown", run), err)
		}
	}
}

// firstRead waits until all that was stored is read.
func (b *bench) firstRead(ctx context.Context, s *served, url string) error {
	s.doing("first read")
	begun := time.Now()
	if err := b.shows(ctx, s, "run1"); err != nil {
		return err
	}
	b.bar("a million observations read for the first time", time.Since(begun).Seconds(), 120, "s", "small runs before them")
	if err := s.quiet(ctx); err != nil {
		return err
	}
	b.bar("memory while it is read for the first time", s.resident("first read"), 256, "MiB", "")
	n, err := readingBytes(ctx, url, "run1")
	if err != nil {
		return err
	}
	b.bar("a reading, stored", float64(n)/float64(b.hosts), 400, "B/host", "")
	return nil
}

// laterRead has a run of a million come while pages are asked.
func (b *bench) laterRead(ctx context.Context, s *served, url string) error {
	list, err := s.pages(ctx, b.hosts)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(p page) bool { return strings.HasPrefix(p.name, "diff") }) // the second run is not there yet
	s.doing("stored beside")
	if err := b.fill(ctx, url, "run2"); err != nil {
		return err
	}
	s.doing("later read")
	begun := time.Now()
	asking, stop := context.WithCancel(ctx)
	defer stop()
	var took time.Duration
	wrong := make(chan error, 1)
	go func() {
		defer stop()
		err := b.shows(asking, s, "run2")
		took = time.Since(begun)
		wrong <- err
	}()
	got := s.attack(asking, list, b.rate, 10*time.Minute)
	if err := <-wrong; err != nil {
		return err
	}
	b.bar("a run of a million read, pages asked meanwhile", took.Seconds(), 120, "s", "from the end of the run")
	for i := range got {
		b.page("meanwhile: "+list[i].name, &got[i], 2*list[i].most)
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	b.bar("memory while it is read", s.resident("later read"), 256, "MiB", "")
	return nil
}

// page notes what a page did.
func (b *bench) page(name string, m *measured, most float64) {
	got := m.p95
	if m.failed > 0 {
		got = max(got, 1e6) // whoever gets an error waits for ever
	}
	b.bar(name, got, most, "ms p95", m.note())
}

// underLoad asks each page, so many times a second.
func (b *bench) underLoad(ctx context.Context, s *served, _ string) error {
	list, err := s.pages(ctx, b.hosts)
	if err != nil {
		return err
	}
	s.doing("pages")
	b.warm(ctx, s, list)
	for i := range list {
		got := s.attack(ctx, list[i:i+1], b.rate, b.each)
		b.page(list[i].name, &got[0], list[i].most)
	}
	b.bar("memory while pages are asked", s.resident("pages"), 256, "MiB", "")
	return nil
}

// warm asks each page for the first time, and notes those that take long then.
func (b *bench) warm(ctx context.Context, s *served, list []page) {
	for i := range list {
		if first := s.attack(ctx, list[i:i+1], 1, time.Second); first[0].most > 2*list[i].most {
			b.bar("first of "+list[i].name, first[0].most, 0, "ms", first[0].note())
		}
	}
}

// policies edits a policy that judges all, and waits until that shows.
func (b *bench) policies(ctx context.Context, s *served, _ string) error {
	s.doing("policies")
	text := func(word string) string {
		return "name: bench\nversion: 1\nextends: baseline\nrules: {smb-signing-not-required: " + word + "}\n"
	}
	var policy struct {
		ID string `json:"id"`
	}
	if err := s.call(ctx, "POST", "/policies", map[string]string{"name": "bench", "yaml": text("info")}, &policy); err != nil {
		return err
	}
	if err := s.call(ctx, "PATCH", "/settings", map[string]string{"policy": "bench"}, nil); err != nil {
		return err
	}
	var worst time.Duration
	var before map[string]uint64
	for i := range 6 {
		begun := time.Now()
		if err := s.call(ctx, "PATCH", "/policies/"+policy.ID, map[string]string{"yaml": text([]string{"low", "critical"}[i%2])}, nil); err != nil {
			return err
		}
		var o struct {
			Severities map[string]uint64 `json:"severities"`
		}
		if err := s.call(ctx, "GET", "/overview", nil, &o); err != nil {
			return err
		}
		worst = max(worst, time.Since(begun))
		if before != nil && before["critical"] == o.Severities["critical"] {
			return errors.New("a policy was edited, and nothing came of it")
		}
		before = o.Severities
	}
	b.bar("a policy edited", worst.Seconds(), 1, "s", "the worst of six, until the overview shows it")
	b.bar("memory while policies are edited", s.resident("policies"), 256, "MiB", "")
	return nil
}
