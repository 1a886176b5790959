package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/check/checktest"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// exposed is a server that answers every first message as a recorded Samba does that requires no signing.
func exposed() (port uint16, stop func()) {
	f, err := checktest.Load("../check/smb/testdata/samba-auto-quick.exposed.flow")
	if err != nil {
		panic(err)
	}
	var answer []byte
	for _, turn := range f.Attempts[0].Turns {
		if !turn.Client && answer == nil {
			answer = turn.Bytes
		}
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := c.Read(make([]byte, 4096)); err == nil {
					c.Write(answer)
					c.Read(make([]byte, 1)) // until the client has gone
				}
			}()
		}
	}()
	return uint16(l.Addr().(*net.TCPAddr).Port), func() { l.Close() }
}

// lines keeps the lines of a run and its end.
type lines struct {
	report.Ignore
	header *report.Header
	list   []report.Line
	end    *report.Summary
	each   func()
}

func (l *lines) Begin(h *report.Header) error { l.header = h; return nil }
func (l *lines) Endpoint(line *report.Line) error {
	l.list = append(l.list, *line)
	if l.each != nil {
		l.each()
	}
	return nil
}
func (l *lines) End(s *report.Summary) error { l.end = s; return nil }

func orderOf(port uint16, targets ...string) *run.Order {
	o := run.NewOrder(targets...)
	o.Checks, o.Ports, o.Quick = []string{"smb"}, []string{fmt.Sprint("smb=", port)}, true
	return o
}

// Several runs go on in one process, from one Env, and neither knows of the other.
func TestRunsAtOnce(t *testing.T) {
	port, stop := exposed()
	defer stop()
	env := &run.Env{Checks: all.Checks(), Tool: "test/1"}
	var wg sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		wg.Go(func() {
			var got lines
			o := orderOf(port, "127.0.0.1")
			if i%2 > 0 {
				o.Policy = "strict"
			}
			sum, err := env.Scan(t.Context(), o, run.Into{}, &got)
			switch {
			case err != nil:
				t.Error(err)
			case sum.Coverage.Asked != 1 || len(got.list) != 1 || got.list[0].Verdict != signet.Exposed || got.end != sum || !strings.HasPrefix(got.header.Policy, o.Policy+"/"):
				t.Errorf("run %d: %+v of %+v under %s", i, sum, got.list, got.header.Policy)
			default:
				ids[i] = got.header.Run
			}
		})
	}
	wg.Wait()
	for i, id := range ids {
		for _, other := range ids[:i] {
			if id == other {
				t.Errorf("two runs are called %s", id)
			}
		}
	}
}

// A run that is drained finishes what is under way and reports it; what is stored of it is gone on with from its own order.
func TestDrainAndResume(t *testing.T) {
	port, stop := exposed()
	defer stop()
	s, err := sqlite.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var warned []string
	env := &run.Env{Checks: all.Checks(), Tool: "test/1", Warn: func(line string) { warned = append(warned, line) }}
	o := orderOf(port, "127.0.0.1-127.0.3.254")
	o.InFlight, o.Rate, o.All = 1, 400, true
	drain := make(chan struct{})
	var once sync.Once
	first := lines{each: func() { once.Do(func() { close(drain) }) }}
	scan, err := env.Prepare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := scan.Do(t.Context(), run.Into{Store: s, Drain: drain}, &first)
	if err != nil || !sum.Interrupted {
		t.Fatalf("a run that was drained: %+v, %v", sum, err)
	}
	w := scan.Watch()
	if w.Total != 1022 || w.Addresses == 0 || w.Addresses >= w.Total || w.Addresses != sum.Coverage.Addresses {
		t.Fatalf("%d of %d addresses are done, %d are reported", w.Addresses, w.Total, sum.Coverage.Addresses)
	}
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil || len(runs) != 1 || run.State(&runs[0]) != "interrupted" {
		t.Fatalf("%+v, %v", runs, err)
	}
	again, err := run.OrderOf(&runs[0])
	if err != nil {
		t.Fatal(err)
	}
	again.Policy, again.Rate, again.InFlight = "strict", 0, 0 // what is shown, and how fast, may change
	if scan, err = env.Prepare(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if err := scan.Resume(t.Context(), s, &runs[0]); err != nil {
		t.Fatal(err)
	}
	var second lines
	if sum, err = scan.Do(t.Context(), run.Into{}, &second); err != nil || sum.Interrupted || sum.Coverage.Addresses != 1022 {
		t.Fatalf("gone on with: %+v, %v", sum, err)
	}
	if runs, err = store.AllRuns(t.Context(), s); err != nil || len(runs) != 1 || run.State(&runs[0]) != "done" {
		t.Errorf("%+v, %v", runs, err)
	}
	if second.header.Run != first.header.Run || !strings.Contains(strings.Join(warned, "\n"), "continuing run") {
		t.Errorf("run %s went on as %s, with %q", first.header.Run, second.header.Run, warned)
	}
}

// When its context ends a run ends, and is reported as far as it came; before it began, that is the error.
func TestCancel(t *testing.T) {
	port, stop := exposed()
	defer stop()
	env := &run.Env{Checks: all.Checks(), Tool: "test/1"}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	o := orderOf(port, "127.0.0.1-127.0.3.254")
	o.InFlight, o.Rate, o.All = 1, 400, true
	got := lines{each: cancel}
	sum, err := env.Scan(ctx, o, run.Into{}, &got)
	if err != nil || !sum.Interrupted || got.end != sum || sum.Coverage.Addresses >= 1022 {
		t.Errorf("%+v, %v", sum, err)
	}
	broken := errors.New("no room")
	failing := &failing{err: broken}
	if _, err := env.Scan(t.Context(), orderOf(port, "127.0.0.1"), run.Into{}, failing); !errors.Is(err, broken) {
		t.Errorf("a report that fails: %v", err)
	}
}

type failing struct {
	report.Ignore
	err error
}

func (f *failing) Endpoint(*report.Line) error { return f.err }

// What an order leaves out is told before anything is asked, and stands in the report.
func TestWarnings(t *testing.T) {
	for target, want := range map[string]string{"127.0.0.1:9": "", "127.0.0.1": ""} {
		var told []string
		env := &run.Env{Checks: all.Checks(), Warn: func(line string) { told = append(told, line) }}
		o := run.NewOrder(target)
		if _, err := env.Prepare(t.Context(), o); err != nil || strings.Join(told, "\n") != want {
			t.Errorf("%s: %q, %v", target, told, err)
		}
		o.Checks, told = []string{"smb"}, nil
		if target == "127.0.0.1:9" {
			want = "127.0.0.1: no chosen check asks port 9 (http would: --checks)"
		}
		if _, err := env.Prepare(t.Context(), o); err != nil || strings.Join(told, "\n") != want {
			t.Errorf("%s, smb alone: %q, %v", target, told, err)
		}
	}
}

// An order comes back from JSON as it went; what is wrong with one is told with the field.
func TestOrder(t *testing.T) {
	o := orderOf(445, "192.0.2.0/24")
	o.Timeout, o.HostTimeout, o.Exclude, o.Seed, o.NoSMB1 = run.Duration(3*time.Second), run.Duration(time.Minute), []string{"192.0.2.9"}, 7, true
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var back run.Order
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(&back); err != nil || string(again) != string(b) {
		t.Errorf("%s came back as %s, %v", b, again, err)
	}
	var least run.Order
	if err := json.Unmarshal([]byte(`{"version":1,"targets":["192.0.2.1"]}`), &least); err != nil || least.Rate != 2000 || least.Depth != "anonymous" || least.Validate() != nil {
		t.Errorf("an order of one target: %+v, %v", least, err)
	}
	if err := (&run.Order{Targets: []string{"192.0.2.1"}}).Validate(); err == nil {
		t.Error("the zero order, which has no rate and no patience, is let pass")
	}
	env := &run.Env{Checks: all.Checks()}
	for field, text := range map[string]string{
		"version":      `{"targets":["192.0.2.1"]}`,
		"rate":         `{"version":1,"rate":-1}`,
		"depth":        `{"version":1,"depth":"deep"}`,
		"discover":     `{"version":1,"discover":"ping"}`,
		"timeout":      `{"version":1,"timeout":"-1s"}`,
		"host_timeout": `{"version":1,"host_timeout":"0s"}`,
		"retries":      `{"version":1,"retries":11}`,
		"in_flight":    `{"version":1,"in_flight":-1}`,
		"deep":         `{"version":1,"quick":true,"deep":true}`,
		"ca_names":     `{"version":1,"ca_names":[""]}`,
		"policy":       `{"version":1,"policy":"nosuch"}`,
		"checks":       `{"version":1,"checks":["nosuch"]}`,
		"ports":        `{"version":1,"ports":["smb=0"]}`,
		"http_paths":   `{"version":1,"http_paths":["/no/such/file"]}`,
		"targets":      `{"version":1,"targets":["192.0.2.300"]}`,
		"no_smb1":      `{"version":1,"no_smb1":"yes"}`,
		"seeds":        `{"version":1,"seeds":3}`,
	} {
		var o run.Order
		err := json.Unmarshal([]byte(text), &o)
		if err == nil {
			_, err = env.Prepare(t.Context(), &o)
		}
		wrong, ok := errors.AsType[*run.OrderError](err)
		if !ok || wrong.Field != field && !strings.Contains(wrong.Error(), field) {
			t.Errorf("%s: %v, want an error of %s", text, err, field)
		}
	}
}
