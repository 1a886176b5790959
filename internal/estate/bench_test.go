//go:build unix

package estate_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/estate"
)

// large is the estate that pages are measured by: SIGNET_BENCH_HOSTS hosts, 10,000 if that is not set.
func large(b *testing.B) (stored [][]byte, e *estate.Estate) {
	b.Helper()
	n := 10_000
	if s := os.Getenv("SIGNET_BENCH_HOSTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	stored = partsOf(b, company(b, n))
	r, err := estate.Decode(stored)
	if err != nil {
		b.Fatal(err)
	}
	return stored, estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: baseline(b)}})
}

// report says what a query took at the worst of a hundred, beside the mean.
func each(b *testing.B, name string, do func(i int)) {
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		before := cpu(b)
		for i := 0; b.Loop(); i++ {
			begun := time.Now()
			do(i)
			took = append(took, time.Since(begun))
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(len(took)), "cpu-ms")
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	})
}

// cpu is what the process has computed for: other processes do not show in it.
func cpu(b testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPages measures what pages ask, and what they are made of.
func BenchmarkPages(b *testing.B) {
	stored, e := large(b)
	board, memory := e.Board(nil)
	hosts := func(f *estate.HostFilter, after string) *estate.Page[estate.Host] {
		p, err := e.HostsPage(f, after, 50)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	rows := func(f *estate.RowFilter, after string) *estate.Page[estate.Row] {
		p, err := board.Page(f, after, 50)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	n := e.Hosts()
	id := hosts(&estate.HostFilter{}, "").Items[7].ID
	hostAfter, rowAfter := "", ""
	for range 20 {
		hostAfter, rowAfter = hosts(&estate.HostFilter{}, hostAfter).Next, rows(&estate.RowFilter{}, rowAfter).Next
	}
	marks := map[estate.ID]estate.Mark{}
	for _, w := range rows(&estate.RowFilter{}, "").Items {
		marks[w.ID] = estate.Mark{Owner: "Mara", InWork: true}
	}
	b.Logf("%d hosts, %d rows", n, board.Rows())
	each(b, "overview", func(int) { e.Overview() })
	each(b, "hosts", func(int) { hosts(&estate.HostFilter{}, hostAfter) })
	each(b, "hosts of a role", func(int) {
		hosts(&estate.HostFilter{Role: "domain-controller", Verdicts: []signet.Verdict{signet.Guarded}}, "")
	})
	each(b, "hosts of a rule, counted", func(int) { e.CountHosts(&estate.HostFilter{Rule: "smb1-enabled"}) })
	each(b, "search", func(i int) { hosts(&estate.HostFilter{Q: fmt.Sprintf("T%06d", i*7919%n)}, "") })
	each(b, "search, nothing", func(i int) { hosts(&estate.HostFilter{Q: fmt.Sprintf("xx%d", i)}, "") })
	each(b, "host", func(int) { e.Host(id) })
	each(b, "board", func(int) { rows(&estate.RowFilter{}, rowAfter) })
	each(b, "board, open of a rule", func(int) {
		rows(&estate.RowFilter{Rule: "smb1-enabled", States: []estate.State{estate.Open}}, "")
	})
	each(b, "board, search", func(i int) { rows(&estate.RowFilter{Q: fmt.Sprintf("t%06d", i*7919%n)}, "") })
	each(b, "board, groups", func(int) { board.Groups(&estate.RowFilter{}) })
	each(b, "board, marks and owner", func(int) { board.Marked(marks).Count(&estate.RowFilter{Owner: "Mara"}) })
	each(b, "paths", func(int) { e.Graph(estate.Opened{}) })
	each(b, "paths, opened", func(int) { e.Graph(estate.Opened{Rule: "smb1-signing-not-required"}) })
	j := baseline(b)
	r, err := estate.Decode(stored)
	if err != nil {
		b.Fatal(err)
	}
	each(b, "decode", func(int) {
		if _, err := estate.Decode(stored); err != nil {
			b.Fatal(err)
		}
	})
	each(b, "rate", func(int) { estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: j}}) })
	each(b, "rate again", func(int) { e.Rerated([]estate.Source{{Reading: e.Reading(0), Judge: j}}) })
	each(b, "make a board", func(int) { e.Board(memory) })
	again := e.Rerated([]estate.Source{{Reading: e.Reading(0), Judge: j}})
	each(b, "make a board again", func(int) { board.Rerated(again) })
	kept, err := memory.Parts()
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for _, p := range kept {
		size += len(p)
	}
	b.Logf("%d bytes remembered", size)
	each(b, "remember", func(int) {
		if _, err := estate.Remember(kept); err != nil {
			b.Fatal(err)
		}
	})
}
