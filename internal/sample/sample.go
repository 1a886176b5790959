// Package sample holds the estate that ships with Signet, for whoever wants to see what it shows before anything of theirs is asked.
package sample

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // the sample
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// recorded is a run of Signet's own lab as JSON lines, recorded with `signet scan -o jsonl` and compressed.
//
//go:embed sample.jsonl.gz
var recorded []byte

// before says what other runs of the same lab would have seen: for each a line of kind run with the days that it lies before today, the
// endpoints that were set otherwise then, and what all of it was judged. No lab was rebuilt for it: settings were changed in the facts.
//
//go:embed before.jsonl
var before []byte

// Lines gives the recorded run.
func Lines() (io.Reader, error) { return gzip.NewReader(bytes.NewReader(recorded)) }

// Suffix is what the IDs of the sample's runs end with, and no other's.
const Suffix = "-sample"

// Run is a run of the sample as JSON lines, under the name that it is stored by.
type Run struct {
	ID    string
	Lines []byte
}

// told is what the lines of all runs of the sample say.
const told = "the sample that ships with Signet, recorded from its own lab: no host of yours is in it, and the runs before the newest were made up of it"

// scope stands for what the runs of the sample asked: the same, and what no real run asks.
const scope = "sample"

// Runs gives a few weeks of the sample, the oldest first; the newest was made shortly before now.
func Runs(now time.Time) ([]Run, error) {
	plain, err := Lines()
	if err != nil {
		return nil, err
	}
	base, err := read(plain)
	if err != nil {
		return nil, err
	}
	changes, err := read(bytes.NewReader(before))
	if err != nil {
		return nil, err
	}
	var runs []Run
	for len(changes) > 0 {
		end := 1
		for end < len(changes) && changes[end].word("kind") != "run" {
			end++
		}
		r, err := altered(base, changes[:end], now)
		if err != nil {
			return nil, err
		}
		runs, changes = append(runs, r), changes[end:]
	}
	return runs, nil
}

// object is a line, its fields as they stand.
type object map[string]json.RawMessage

func (o object) word(name string) (s string) {
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

func (o object) set(name string, v any) error {
	b, err := json.Marshal(v)
	o[name] = b
	return err
}

// about names what a line is about.
func (o object) about() string {
	return fmt.Sprintf("%s %s %s %s", o["kind"], o["address"], o["port"], o["check"])
}

func read(r io.Reader) (list []object, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		o := object{}
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return nil, fmt.Errorf("the sample: %w", err)
		}
		list = append(list, o)
	}
	return list, lines.Err()
}

// altered is the recorded run with some endpoints set otherwise, on another day.
func altered(base, changes []object, now time.Time) (Run, error) {
	var days int
	if err := json.Unmarshal(changes[0]["days"], &days); err != nil {
		return Run{}, fmt.Errorf("the sample: %w", err)
	}
	var recorded time.Time
	if err := json.Unmarshal(base[0]["started"], &recorded); err != nil {
		return Run{}, fmt.Errorf("the sample: %w", err)
	}
	began := now.UTC().Truncate(time.Minute).Add(-2*time.Hour).AddDate(0, 0, -days)
	by := map[string]object{}
	for _, c := range changes[1:] {
		by[c.about()] = c
	}
	out := Run{ID: began.Format("20060102-150405") + Suffix}
	var b bytes.Buffer
	for _, l := range base {
		line := object{}
		for _, from := range []object{l, by[l.about()]} {
			for name, v := range from {
				line[name] = v
			}
		}
		if err := dated(line, out.ID, began.Sub(recorded)); err != nil {
			return Run{}, fmt.Errorf("the sample: %w", err)
		}
		j, err := json.Marshal(line)
		if err != nil {
			return Run{}, fmt.Errorf("the sample: %w", err)
		}
		b.Write(append(j, '\n'))
	}
	out.Lines = b.Bytes()
	return out, nil
}

// dated makes a line one of another run, which was made so much later.
func dated(line object, id string, later time.Duration) error {
	for _, name := range []string{"started", "at", "ended"} {
		if line[name] == nil {
			continue
		}
		var t time.Time
		if err := json.Unmarshal(line[name], &t); err != nil {
			return err
		}
		if err := line.set(name, t.Add(later)); err != nil {
			return err
		}
	}
	if line.word("kind") == "run" {
		delete(line, "days")
		if err := line.set("warnings", []string{told}); err != nil {
			return err
		}
		if err := line.set("scope", scope); err != nil {
			return err
		}
	}
	return line.set("run", id)
}
