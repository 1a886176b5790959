package line_test

import (
	"fmt"
	"strings"
	"testing"

	"signet"
	"signet/internal/line"
)

// What a file says is handed over; what follows from it, and kinds of the future, are passed over.
func TestRead(t *testing.T) {
	const in = `{"kind":"run","schema":"signet/1","tool":"signet/1","run":"r","depth":"anonymous"}
{"kind":"endpoint","run":"r","at":"2026-11-22T12:00:00.000Z","address":"192.0.2.5","port":445,"transport":"tcp","check":"smb","outcome":"answered","verdict":"guarded","facts":{"signing":"optional","smb2_offered":true,"dialect":"3.1.1","security_mode":"0x01","ntlm_offer":"proven","smb1":{}},"source":"nmap 7.93","took_ms":3.1,"trace":[{"note":"n","sent":"00","received":"01"}]}
{"kind":"endpoint","run":"r","at":"2026-11-22T12:00:00.000Z","address":"192.0.2.6","port":445,"transport":"tcp","check":"smb","outcome":"silent","verdict":"undetermined","facts":{},"connections":2,"took_ms":3}
{"kind":"endpoint","run":"r","at":"2026-11-22T12:00:00.000Z","address":"192.0.2.7","port":389,"check":"client","outcome":"answered","facts":{"client":"192.0.2.7","server":"192.0.2.5","port":389,"check":"ldap","logon":"simple","connections":1}}
{"kind":"client","run":"r","at":"2026-11-22T12:00:00.000Z","client":"192.0.2.77","server":"192.0.2.5","port":445,"check":"smb","logon":"ntlm","sign":false,"connections":3}
{"kind":"host","address":"of no use here"}
{"kind":"summary","run":"r","ended":"2026-11-22T12:01:00Z","coverage":{"addresses":7}}
{"kind":"of the future"}
`
	var got []string
	to := line.Handler{
		Run: func(r *line.Run) error { got = append(got, fmt.Sprintln("run", r.Tool, r.Depth)); return nil },
		Summary: func(s *line.Summary) error {
			got = append(got, fmt.Sprintln("summary", s.Coverage.Addresses))
			return nil
		},
		Client: func(c *signet.Client) error {
			got = append(got, fmt.Sprintln("client", c.Address, c.Logon, c.Sign != nil && !*c.Sign, c.At.Day()))
			return nil
		},
		Observation: func(o *signet.Observation) error {
			got = append(got, fmt.Sprintln(o.Endpoint, o.Outcome, o.Open, o.Facts != nil, o.Source, len(o.Trace), o.Took, o.Connections))
			return nil
		},
	}
	want := "run signet/1 anonymous\n192.0.2.5:445 answered true true nmap 7.93 1 3.1ms 0\n192.0.2.6:445 silent false false  0 3ms 2\n" +
		"client 192.0.2.7 simple false 22\nclient 192.0.2.77 ntlm true 22\nsummary 7\n"
	if err := line.Read(strings.NewReader(in), to); err != nil || strings.Join(got, "") != want {
		t.Errorf("%v\n%s", err, strings.Join(got, ""))
	}
	if d := line.DepthOf([]byte("\xef\xbb\xbf" + in)); d != signet.Anonymous {
		t.Errorf("depth %s", d)
	}
	for _, bad := range []string{`{"kind":"endpoint"}`, `{"kind":"endpoint","address":"x"}`, `{`, `{"kind":"client"}`,
		`{"kind":"endpoint","address":"192.0.2.5","check":"smb","facts":[1,2]}`, `{"kind":"endpoint","address":"192.0.2.5","check":"smb","transport":"sctp"}`,
		`{"kind":"endpoint","address":"192.0.2.5","check":"smb","trace":[{"sent":"x"}]}`, `{"kind":"run","depth":"deep"}`} {
		err := line.Read(strings.NewReader("\n"+bad), to)
		if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// Lines that are not understood are counted, the first is named, and what stands beside is read.
func TestReadOdd(t *testing.T) {
	var n uint64
	at, runs := 0, 0
	to := line.Handler{Run: func(*line.Run) error { runs++; return nil }, Odd: func(odd uint64, line int, _ string) { n, at = odd, line }}
	file := "{\"kind\":\"run\",\"run\":\"r\"}\n{\"kind\":\"run\",\"run\":\"../x\"}\n{\"x\":1}\n{\"kind\":\"endpoint\",\"address\":\"x\"}\n{\"kind\":\"of the future\"}\n"
	if err := line.Read(strings.NewReader(file), to); err != nil || n != 3 || at != 2 || runs != 1 {
		t.Errorf("own lines: %d odd from line %d, %d runs, %v", n, at, runs, err)
	}
	full := fmt.Errorf("the store is full")
	to.Run = func(*line.Run) error { return full }
	if err := line.Read(strings.NewReader(file), to); err == nil || !strings.Contains(err.Error(), "line 1: the store is full") {
		t.Errorf("an error of who takes a line is none of the line: %v", err)
	}
}

// TestRunIDs: an id is of the contract's form, since it names a run in a store and on command lines.
func TestRunIDs(t *testing.T) {
	for id, good := range map[string]bool{
		"20261129-134955-697c00": true, "a": true, "A.b_c-1": true, strings.Repeat("a", 64): true,
		strings.Repeat("a", 65): false, "latest": false, "previous": false, "-a": false, ".a": false, "a/b": false, "a b": false, "a\\u0000": false, "é": false, "a;b": false,
	} {
		n := 0
		err := line.Read(strings.NewReader(`{"kind":"run","schema":"signet/1","run":"`+id+`"}`), line.Handler{Run: func(*line.Run) error { n++; return nil }})
		if good != (err == nil) || good != (n == 1) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
