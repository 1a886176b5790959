//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// rpcAt is where RPC servers answer, on every address of the loopback.
const rpcAt = "0.0.0.0:135"

// mostReaders are those of a job's events.
const mostReaders = 200

// jobs compares a job with a scan of the same, then has it looked at by many while pages are asked.
func (b *bench) jobs(ctx context.Context, s *served, _ string) error {
	responder, err := b.self(ctx, "-answer", rpcAt)
	if err != nil {
		return err
	}
	if err := responder.Start(); err != nil {
		return err
	}
	defer func() {
		responder.Process.Kill()
		responder.Wait()
	}()
	time.Sleep(200 * time.Millisecond)
	url, err := b.newStore(ctx, "scan")
	if err != nil {
		return err
	}
	begun := time.Now()
	scan := exec.CommandContext(ctx, b.signet, "scan", "--checks", "rpc", "--rate", fmt.Sprint(b.speed), "--store", url, "--no-progress", b.network)
	if out, err := scan.CombinedOutput(); err != nil {
		return fmt.Errorf("signet scan: %w: %s", err, out)
	}
	alone := time.Since(begun)
	b.bar("signet scan", alone.Seconds(), 0, "s", b.network)

	s.doing("job")
	took, run, err := b.job(ctx, s, func(string) {})
	if err = errors.Join(err, s.quiet(ctx)); err != nil {
		return err
	}
	b.bar("a job, nobody looks: its run beside the scan", run.took/alone.Seconds(), 1.15, "×", fmt.Sprintf("%.1f s, %d observations; until it was shown %.1f s", run.took, run.Observations, took.Seconds()))

	list, err := s.pages(ctx, b.hosts)
	if err != nil {
		return err
	}
	s.doing("job, looked at")
	b.warm(ctx, s, list) // what is made once and kept, as the pages of bar 1 are
	var got []measured
	var looked *readers
	done := make(chan struct{})
	asking, stop := context.WithCancel(ctx)
	defer stop()
	took, run, err = b.job(ctx, s, func(id string) {
		looked = s.read(ctx, id, mostReaders)
		go func() {
			defer close(done)
			got = s.attack(asking, list, b.rate, 5*time.Minute)
		}()
	})
	if err != nil {
		return err
	}
	stop() // only then is the server ever quiet
	<-done
	looked.wg.Wait()
	b.bar("a job, 200 look: its run beside the scan", run.took/alone.Seconds(), 1.15, "×", fmt.Sprintf("%.1f s; until it was shown %.1f s", run.took, took.Seconds()))
	b.bar("endpoints stored, for each 5,000 a second", 5000/(float64(run.Observations)/run.took), 1, "", fmt.Sprintf("%.0f/s", float64(run.Observations)/run.took))
	b.bar("streams that broke off", float64(mostReaders-looked.ends.Load()), 0.5, "", fmt.Sprintf("%d events; %.3q", looked.events.Load(), looked.wrong))
	for i := range got {
		b.page("while a job stores: "+list[i].name, &got[i], max(300, list[i].most))
	}
	b.bar("memory while jobs are made", max(s.resident("job"), s.resident("job, looked at")), 256, "MiB", "")
	return nil
}

// made is a run that a job made.
type made struct {
	Started      time.Time `json:"started"`
	Ended        time.Time `json:"ended"`
	Observations uint64    `json:"observations"`
	took         float64   // seconds
}

// job launches a job and waits until it is done. under is called once it is under way.
func (b *bench) job(ctx context.Context, s *served, under func(id string)) (took time.Duration, run made, err error) {
	begun := time.Now()
	var j struct{ ID, State, Run, Failed string }
	if err := s.call(ctx, "POST", "/jobs", map[string]any{"targets": []string{b.network}, "checks": []string{"rpc"}, "rate": b.speed}, &j); err != nil {
		return 0, run, err
	}
	under(j.ID)
	for j.State != "done" {
		if j.State == "failed" || j.State == "stopped" {
			return 0, run, fmt.Errorf("the job %s: %s", j.State, j.Failed)
		}
		time.Sleep(100 * time.Millisecond)
		if err := s.call(ctx, "GET", "/jobs/"+j.ID, nil, &j); err != nil {
			return 0, run, err
		}
	}
	took = time.Since(begun)
	if err := s.call(ctx, "GET", "/runs/"+j.Run, nil, &run); err != nil {
		return 0, run, err
	}
	run.took = run.Ended.Sub(run.Started).Seconds()
	return took, run, nil
}
