//go:build linux

// Command web measures `signet serve` over a large store: pages and API under load, readers of a job, memory, and how soon what was
// learned or decided shows. bench/README.md says how to read what it prints; bench/web/run runs it in a network of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

// config is what is measured, and with what.
type config struct {
	signet  string
	store   string // sqlite or postgres
	db      string // an existing store is used as it is; else a folder for one
	hosts   int
	small   int
	rate    int
	each    time.Duration // for each page
	network string        // that the job asks
	speed   int           // connections a second of the job
	json    bool
	idle    bool // only what a server takes that has nothing to do
}

func main() {
	var c config
	flag.StringVar(&c.signet, "signet", "./signet", "the `program` to measure")
	flag.StringVar(&c.store, "store", "sqlite", "the `database`: sqlite or postgres (a server of its own)")
	flag.IntVar(&c.hosts, "hosts", 100_000, "hosts of each of the two large runs, ten endpoints each")
	flag.IntVar(&c.small, "small", 24, "small runs beside them")
	flag.IntVar(&c.rate, "rate", 50, "requests a second")
	flag.DurationVar(&c.each, "each", 10*time.Second, "for how long each page is asked")
	flag.StringVar(&c.network, "network", "127.30.0.0/16", "what the job asks; 127.0.0.0/8 answers on port 135 meanwhile")
	flag.IntVar(&c.speed, "speed", 6_000, "connections a second of the job")
	flag.StringVar(&c.db, "work", "", "`folder` for stores and logs, which stays (default: one that goes away)")
	flag.BoolVar(&c.json, "json", false, "print JSON instead of a table")
	flag.BoolVar(&c.idle, "idle", false, "only measure a server that has nothing to do: nothing stored, and a thousand schedules")
	fill := flag.String("fill", "", "only store runs into a store `URL`: what a child process of this one does; the arguments say which")
	answer := flag.String("answer", "", "only answer as RPC servers on `ADDR`: what a child process of this one does")
	flag.Parse()
	ctx := context.Background()
	var err error
	switch {
	case *fill != "":
		err = fillStore(ctx, *fill, flag.Args(), c.hosts, c.small)
	case *answer != "":
		err = answerRPC(*answer)
	default:
		err = run(ctx, &c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/web:", err)
		os.Exit(1)
	}
}

// errFailed says that a bar was not held; which, the table says.
var errFailed = errors.New("a bar was not held")

func run(ctx context.Context, c *config) error {
	if c.db == "" {
		dir, err := os.MkdirTemp("", "signet-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.db = dir
	}
	b := &bench{config: c}
	defer b.close()
	if err := b.measure(ctx); err != nil {
		return err
	}
	if c.json {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		if err := out.Encode(b.bars); err != nil {
			return err
		}
	}
	for _, x := range b.bars {
		if !x.Pass {
			return errFailed
		}
	}
	return nil
}

// bar is a figure and what it may be at most.
type bar struct {
	Name string  `json:"name"`
	Got  float64 `json:"got"`
	Most float64 `json:"most,omitempty"` // 0: nothing is asked of it
	Unit string  `json:"unit"`
	Pass bool    `json:"pass"`
	Note string  `json:"note,omitempty"`
}

// bar notes a figure, and prints it.
func (b *bench) bar(name string, got, most float64, unit, note string) {
	x := bar{name, got, most, unit, most == 0 || got <= most, note}
	b.bars = append(b.bars, x)
	if b.json {
		return
	}
	word, asked := "ok", fmt.Sprintf("≤ %.4g", most)
	switch {
	case most == 0:
		word, asked = "", ""
	case !x.Pass:
		word = "FAIL"
	}
	fmt.Printf("%-52s %10.4g %-9s %-8s %-4s %s\n", name, got, unit, asked, word, note)
}
