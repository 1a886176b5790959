// Command store measures what Signet does with large runs: how soon and how fast it reports and compares them, and in how
// much memory. bench/README.md says how to read what it prints.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"signet/bench/company"
	"signet/internal/store/sqlite"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench/store:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	hosts := flag.Int("hosts", 100_000, "hosts of a run, ten endpoints each")
	changed := flag.Int("changed", 100, "one host in `N` differs between the two runs")
	signet := flag.String("signet", "./signet", "the `program` to measure")
	db := flag.String("db", "", "the database: `PATH`; made if it is not there (default: one that goes away)")
	fill := flag.Int("fill", 0, "only make run `N` (1 or 2): what a child process of this one does")
	flag.Parse()
	if *fill > 0 {
		return fillRun(ctx, *db, *fill, *hosts, *changed)
	}
	if *db == "" {
		dir, err := os.MkdirTemp("", "signet-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		*db = filepath.Join(dir, "signet.db")
	}
	if _, err := os.Stat(*db); err != nil {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		for _, n := range []string{"1", "2"} {
			m, err := measure(ctx, "", self, "-fill", n, "-db", *db, "-hosts", fmt.Sprint(*hosts), "-changed", fmt.Sprint(*changed))
			if err != nil {
				return err
			}
			m.print(fmt.Sprintf("make run %s", n))
		}
	}
	fi, err := os.Stat(*db)
	if err != nil {
		return err
	}
	fmt.Printf("%-28s %d processors, %d hosts, %d bytes an observation\n", "machine and database", runtime.NumCPU(), *hosts, fi.Size()/int64(2*10**hosts))
	for _, args := range [][]string{
		{"report", "-o", "text"}, {"report", "-o", "html"}, {"report", "-o", "csv"}, {"report", "-o", "xlsx"}, {"report", "-o", "jsonl"}, {"diff", "run1", "run2"}, {"runs", "export", "run1"},
	} {
		m, err := measure(ctx, "sqlite:"+*db, *signet, args...)
		if err != nil {
			return err
		}
		name := ""
		for _, a := range args {
			name += a + " "
		}
		m.print(name)
	}
	return nil
}

func fillRun(ctx context.Context, db string, n, hosts, changed int) error {
	s, err := sqlite.Open(ctx, db, true)
	if err != nil {
		return err
	}
	defer s.Close()
	return company.Store(ctx, s, company.Nth(n, hosts, changed))
}
