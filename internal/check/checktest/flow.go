// Package checktest replays recorded conversations against a check, and records them from real servers.
//
// A flow file is text that a person can read and change:
//
//	# any comment: which server, which configuration, when
//	endpoint 445/tcp
//	=== connect 445/tcp smb2 negotiate
//	>>> client
//	000000b2 fe534d42 …
//	>>> server
//	00000110 fe534d42 …
//	>>> tls {"version":"1.2",…}
//	=== end done
//	=== connect 445/tcp smb1 negotiate
//	=== end refused
//
// A replay fails on a wrong write, on another end, on an attempt that the script does not have, and on an unfinished
// script. It hands the server's bytes over a few at a time.
package checktest

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"signet"
	"signet/internal/check"
)

// Flow is a recording: one interview of one endpoint.
type Flow struct {
	Comment   string // without the leading "# "
	Port      uint16
	Transport signet.Transport
	Name      string
	Attempts  []Attempt
}

// Attempt is one connection of a recording.
type Attempt struct {
	Port      uint16
	Transport signet.Transport
	Note      string
	Turns     []Turn
	End       check.Cause
	TLSClosed bool // End is TLSFailed with check.ErrTLSClosed: "=== end tls-closed"
}

// Turn is what one side said, or a TLS handshake.
type Turn struct {
	Client bool
	Bytes  []byte
	TLS    *check.TLSState
}

func causes() map[string]check.Cause {
	return map[string]check.Cause{
		"done": check.Done, "silent": check.NoAnswer, "refused": check.Rejected, "unroutable": check.Unroutable,
		"closed": check.Closed, "reset": check.Reset, "stalled": check.Stalled, "malformed": check.Malformed,
		"tls-failed": check.TLSFailed, "over-budget": check.OverBudget, "denied": check.Denied, "interrupted": check.Interrupted,
	}
}

// Load reads a flow file.
func Load(path string) (*Flow, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func parse(b []byte) (*Flow, error) {
	f := &Flow{}
	var a *Attempt
	var t *Turn
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 4<<20)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		bad := func(what string) (*Flow, error) { return nil, fmt.Errorf("line %d: %s: %q", n, what, line) }
		switch {
		case line == "":
		case strings.HasPrefix(line, "#"):
			f.Comment += strings.TrimSpace(line[1:]) + "\n"
		case strings.HasPrefix(line, "endpoint "):
			var name string
			if k, _ := fmt.Sscanf(line, "endpoint %d/%s %s", &f.Port, &name, &f.Name); k < 2 {
				return bad("want endpoint PORT/tcp|udp [NAME]")
			}
			f.Transport = transport(name)
		case strings.HasPrefix(line, "=== connect "):
			where, note, _ := strings.Cut(line[len("=== connect "):], " ")
			var port uint16
			var tr string
			if k, _ := fmt.Sscanf(where, "%d/%s", &port, &tr); k != 2 {
				return bad("want === connect PORT/tcp|udp NOTE")
			}
			f.Attempts = append(f.Attempts, Attempt{Port: port, Transport: transport(tr), Note: note})
			a, t = &f.Attempts[len(f.Attempts)-1], nil
		case line == "=== end tls-closed" && a != nil:
			a.End, a.TLSClosed = check.TLSFailed, true
			a, t = nil, nil
		case strings.HasPrefix(line, "=== end "):
			c, ok := causes()[line[len("=== end "):]]
			if !ok || a == nil {
				return bad("unknown end")
			}
			a.End, a, t = c, nil, nil
		case a == nil:
			return bad("outside an attempt")
		case line == ">>> client", line == ">>> server":
			a.Turns = append(a.Turns, Turn{Client: line == ">>> client"})
			t = &a.Turns[len(a.Turns)-1]
		case strings.HasPrefix(line, ">>> tls "):
			st := new(check.TLSState)
			if err := json.Unmarshal([]byte(line[len(">>> tls "):]), st); err != nil {
				return bad(err.Error())
			}
			a.Turns, t = append(a.Turns, Turn{TLS: st}), nil
		case t == nil:
			return bad("bytes before >>> client or >>> server")
		default:
			raw, err := hex.DecodeString(strings.ReplaceAll(line, " ", ""))
			if err != nil {
				return bad(err.Error())
			}
			t.Bytes = append(t.Bytes, raw...)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, err
	}
	if len(f.Attempts) == 0 {
		return nil, fmt.Errorf("no attempt in it")
	}
	for _, a := range f.Attempts {
		if a.End == check.Start {
			return nil, fmt.Errorf("attempt %q has no end", a.Note)
		}
	}
	return f, nil
}

func transport(s string) signet.Transport {
	if s == "udp" {
		return signet.UDP
	}
	return signet.TCP
}

// Format writes the flow as a file.
func (f *Flow) Format() []byte {
	var b bytes.Buffer
	for _, l := range strings.Split(strings.TrimSpace(f.Comment), "\n") {
		fmt.Fprintf(&b, "# %s\n", l)
	}
	fmt.Fprintf(&b, "endpoint %d/%s %s\n", f.Port, f.Transport, f.Name)
	for _, a := range f.Attempts {
		fmt.Fprintf(&b, "=== connect %d/%s %s\n", a.Port, a.Transport, a.Note)
		for _, t := range a.Turns {
			if t.TLS != nil {
				st, _ := json.Marshal(t.TLS)
				fmt.Fprintf(&b, ">>> tls %s\n", st)
				continue
			}
			b.WriteString(map[bool]string{true: ">>> client\n", false: ">>> server\n"}[t.Client])
			for rest := t.Bytes; len(rest) > 0; {
				n := min(32, len(rest))
				fmt.Fprintf(&b, "%x\n", rest[:n])
				rest = rest[n:]
			}
		}
		if a.TLSClosed {
			b.WriteString("=== end tls-closed\n")
			continue
		}
		for word, c := range causes() {
			if c == a.End {
				fmt.Fprintf(&b, "=== end %s\n", word)
			}
		}
	}
	return b.Bytes()
}
