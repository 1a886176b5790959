package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/report"
	"signet/internal/store"
)

// input is a run that a command reads: stored, or from a file of JSON lines.
type input struct {
	name string // as the user named it
	run  *store.Run
	// observations gives them by address; it may be called again.
	observations func() iter.Seq2[*signet.Observation, error]
	close        func()
}

// isFile tells whether what names a run names a file of JSON lines.
func isFile(name string) bool {
	return name == "-" || strings.HasSuffix(name, ".jsonl") || strings.ContainsAny(name, "/\\")
}

// input opens a run: a file of JSON lines (`run.jsonl`, any path, - for standard input), else one of the store.
func (a *app) input(ctx context.Context, url, name string) (*input, error) {
	if isFile(name) {
		return a.fileInput(name)
	}
	s, run, err := a.storedRun(ctx, url, name)
	if err != nil {
		return nil, err
	}
	return &input{
		name: run.ID, run: run, close: func() { s.Close() },
		observations: func() iter.Seq2[*signet.Observation, error] { return store.Observations(ctx, s, run, store.ByAddress) },
	}, nil
}

func (a *app) fileInput(name string) (*input, error) {
	var r io.Reader = a.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("%v", err)
		}
		defer f.Close()
		r = f
	}
	run, list, err := readLines(r)
	if err != nil {
		return nil, usage("%s: %v", name, err)
	}
	return &input{name: name, run: run, close: func() {}, observations: func() iter.Seq2[*signet.Observation, error] {
		return func(yield func(*signet.Observation, error) bool) {
			for i := range list {
				o := list[i] // a reader may decode its facts
				if !yield(&o, nil) {
					return
				}
			}
		}
	}}, nil
}

// line is a line of `-o jsonl` or of `signet runs export`, as far as reading a run again needs it.
type line struct {
	Kind        string            `json:"kind"`
	Schema      string            `json:"schema"`
	Run         string            `json:"run"`
	Tool        string            `json:"tool"`
	Started     time.Time         `json:"started"`
	Ended       time.Time         `json:"ended"`
	Targets     []string          `json:"targets"`
	Checks      []string          `json:"checks"`
	Depth       signet.Depth      `json:"depth"`
	Policy      string            `json:"policy"`
	Interrupted bool              `json:"interrupted"`
	Warnings    []string          `json:"warnings"`
	At          time.Time         `json:"at"`
	Address     netip.Addr        `json:"address"`
	Port        uint16            `json:"port"`
	Transport   string            `json:"transport"`
	Name        string            `json:"name"`
	Check       string            `json:"check"`
	Version     int               `json:"check_version"`
	Outcome     signet.Outcome    `json:"outcome"`
	Open        *bool             `json:"open"`
	Facts       json.RawMessage   `json:"facts"`
	Unasked     []string          `json:"unasked"`
	Err         *signet.Failure   `json:"error"`
	Took        float64           `json:"took_ms"`
	Coverage    map[string]uint64 `json:"coverage"`
}

// mostLine bounds one line of a file.
const mostLine = 64 << 20

// readLines reads one run. Lines of other kinds, hosts and paths among them, follow from the observations. A file that
// was cut short is a run that was interrupted.
func readLines(r io.Reader) (*store.Run, []signet.Observation, error) {
	var run *store.Run
	var list []signet.Observation
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), mostLine)
	ended := false
	for n := 1; in.Scan(); n++ {
		b := bytes.TrimSpace(bytes.TrimPrefix(in.Bytes(), []byte("\ufeff")))
		if len(b) == 0 {
			continue
		}
		bad := func(format string, args ...any) error {
			return fmt.Errorf("line %d: %s", n, fmt.Sprintf(format, args...))
		}
		if run == nil || bytes.HasPrefix(b, []byte(`{"kind":"endpoint"`)) || bytes.HasPrefix(b, []byte(`{"kind":"summary"`)) || bytes.HasPrefix(b, []byte(`{"kind":"run"`)) {
			var l line
			if err := json.Unmarshal(b, &l); err != nil {
				return nil, nil, bad("%v", err)
			}
			switch {
			case l.Kind == "run" && run != nil:
				return nil, nil, bad("a second run begins; give a file one run")
			case l.Kind == "run" && l.Schema != report.Schema:
				return nil, nil, bad("schema %q: this version reads %s", l.Schema, report.Schema)
			case l.Kind == "run":
				run = &store.Run{ID: l.Run, Tool: l.Tool, Started: l.Started, Ended: l.Ended, Targets: l.Targets, Checks: l.Checks,
					Depth: l.Depth, Policy: l.Policy, Interrupted: l.Interrupted, Warnings: l.Warnings}
			case run == nil:
				return nil, nil, bad("not JSON lines of signet: the first line is no run")
			case l.Kind == "summary":
				ended = true
				if !l.Ended.IsZero() {
					run.Ended, run.Interrupted = l.Ended, l.Interrupted
					run.Progress = store.Progress{Addresses: l.Coverage["addresses"], Alive: l.Coverage["alive"], Asked: l.Coverage["endpoints_asked"]}
					for _, o := range signet.Outcomes() {
						run.Progress.Outcomes[o] = l.Coverage[o.String()]
					}
				}
			case l.Kind == "endpoint":
				o, err := l.observation()
				if err != nil {
					return nil, nil, bad("%v", err)
				}
				list = append(list, o)
			}
		}
	}
	if err := in.Err(); err != nil {
		return nil, nil, err
	}
	if run == nil {
		return nil, nil, fmt.Errorf("it holds no run")
	}
	run.Interrupted = run.Interrupted || !ended
	run.Observations = uint64(len(list))
	slices.SortStableFunc(list, func(a, b signet.Observation) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Port, b.Port))
	})
	return run, list, nil
}

func (l *line) observation() (signet.Observation, error) {
	if !l.Address.IsValid() || math.IsNaN(l.Took) {
		return signet.Observation{}, fmt.Errorf("the endpoint has no address")
	}
	o := signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: l.Address, Name: l.Name}, Port: l.Port},
		Check:    l.Check, CheckVersion: l.Version, At: l.At, Took: time.Duration(l.Took * float64(time.Millisecond)),
		Outcome: l.Outcome, Err: l.Err, Unasked: l.Unasked,
	}
	switch l.Transport {
	case "udp":
		o.Transport = signet.UDP
	case "tcp", "":
	default:
		return o, fmt.Errorf("%q is not a transport (tcp or udp)", l.Transport)
	}
	if len(l.Facts) > 2 { // {} stands for none
		if l.Facts[0] != '{' {
			return o, fmt.Errorf("facts are not an object")
		}
		o.Facts = signet.RawFacts(l.Facts)
	}
	// `-o jsonl` leaves open out: what was silent, refused or skipped had no connection unless it says so.
	o.Open = o.Reached()
	if l.Open != nil {
		o.Open = *l.Open
	}
	return o, nil
}
