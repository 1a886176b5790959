package run_test

import (
	"context"
	"fmt"

	"signet/internal/check/all"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/run"
)

const ownPolicy = `
name: ours
version: 3
default: low
rules: {smb-signing-not-required: critical}
`

// board keeps what is wrong where, as a page would show it; every other event of a run passes it by.
type board struct {
	report.Ignore
	open []string
}

func (b *board) Endpoint(l *report.Line) error {
	for _, f := range l.Findings {
		b.open = append(b.open, fmt.Sprintf("%s: %s, %s", l.Addr, f.Rule, f.Severity))
	}
	return nil
}

// A program of its own scans two addresses under a policy of its own, into a report of its own. Nothing is stored, and
// nothing is printed but what it prints.
func ExampleEnv_Scan() {
	port, stop := exposed()
	defer stop()
	env := &run.Env{Checks: all.Checks(), Tool: "board/1", Policy: func(string) (*judge.Policy, error) { return run.ParsePolicy([]byte(ownPolicy)) }}
	order := run.NewOrder("127.0.0.1", "127.0.0.2")
	order.Checks, order.Ports, order.Quick = []string{"smb"}, []string{fmt.Sprint("smb=", port)}, true
	var b board
	sum, err := env.Scan(context.Background(), order, run.Into{}, &b)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.open, sum.Coverage.Addresses, "asked", sum.Coverage.Alive, "alive")
	// Output: [127.0.0.1: smb-signing-not-required, critical] 2 asked 2 alive
}
