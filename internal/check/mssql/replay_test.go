package mssql

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

func TestReplay(t *testing.T) {
	all := fakes()
	paths, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(paths) != len(all)+1 {
		t.Fatalf("%d recordings, want %d (%v)", len(paths), len(all)+1, err)
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			expect(t, checktest.Replay(t, Check(), recording(c.name, c.verdict), checktest.Options()), c.want, c.verdict, c.found)
		})
	}
	t.Run("tdspool", func(t *testing.T) {
		r := checktest.Replay(t, Check(), recording("tdspool", signet.Undetermined), checktest.Options())
		want := &Facts{Service: "engine", Version: "10.0.1600", Product: "SQL Server 2008", Encryption: "not-supported", WindowsAuthentication: "unknown", Instances: []Instance{}}
		if r.Outcome != signet.Answered || !reflect.DeepEqual(r.Facts, signet.Facts(want)) || r.Err == nil || r.Err.Phase != noteLogin {
			t.Errorf("%v %v %s", r.Outcome, r.Err, r.Facts.AppendJSON(nil))
		}
		if j, err := Check().Judge(r.Facts); err != nil || j.Verdict != signet.Undetermined || j.Breaches != nil {
			t.Errorf("%+v, %v", j, err)
		}
	})
	// Declared is done: no recording opens more connections, datagrams included.
	for _, path := range paths {
		f, err := checktest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if n, most := len(f.Attempts), Check().Sends[0].Connections; n > most {
			t.Errorf("%s: %d connections, %d declared", path, n, most)
		}
	}
}

// A quick run is one connection and one round trip, and says what it left out.
func TestQuick(t *testing.T) {
	f, err := checktest.Load(recording("fake-off", signet.Undetermined))
	if err != nil {
		t.Fatal(err)
	}
	f.Attempts = f.Attempts[:1]
	o := checktest.Options()
	o.Quick = true
	r := checktest.ReplayFlow(t, Check(), f, o)
	if got := strings.Join(r.Unasked, " "); r.Outcome != signet.Answered || r.Facts.(*Facts).Encryption != "off" || got != "windows-authentication epa" {
		t.Errorf("%v %s, unasked %q", r.Outcome, r.Facts.AppendJSON(nil), got)
	}
	if j, _ := Check().Judge(r.Facts); j.Verdict != signet.Undetermined {
		t.Errorf("%+v", j)
	}
}

// The browser has an endpoint of its own where no engine answers on 1433.
func TestBrowser(t *testing.T) {
	ports := []check.Found{{Check: "mssql", Port: 1433, Called: "MSSQLSERVER"}, {Check: "mssql", Port: 51433, Called: "PAYROLL"}}
	for _, c := range []struct {
		name    string
		answer  []byte
		end     check.Cause
		outcome signet.Outcome
		found   []check.Found
	}{
		{"three instances", browserAnswer(listing), check.Done, signet.Answered, ports},
		{"nothing", nil, check.Stalled, signet.Silent, nil},
		{"port unreachable", nil, check.Rejected, signet.Refused, nil},
		{"another service", []byte("\x00\xff\xff\x02abc"), check.Malformed, signet.Broken, nil},
		{"one byte shorter than it says", longer(browserAnswer(listing)), check.Done, signet.Answered, ports},
		{"cut in the last", browserAnswer(listing + listing)[:len(listing)+40], check.Done, signet.Answered, ports},
		{"cut in the first", browserAnswer(listing)[:50], check.Malformed, signet.Broken, nil},
		{"no instance", browserAnswer(""), check.Malformed, signet.Broken, nil},
	} {
		a := checktest.Attempt{Port: 1434, Transport: signet.UDP, Note: noteBrowser, End: c.end, Turns: []checktest.Turn{{Client: true, Bytes: []byte{3}}}}
		if c.answer != nil {
			a.Turns = append(a.Turns, checktest.Turn{Bytes: c.answer})
		}
		f := &checktest.Flow{Port: 1434, Transport: signet.UDP, Attempts: []checktest.Attempt{a}}
		r := checktest.ReplayFlow(t, Check(), f, checktest.Options())
		if r.Outcome != c.outcome || !reflect.DeepEqual(r.Found, c.found) || (r.Facts != nil) != (c.outcome == signet.Answered) {
			t.Errorf("%s: %v %v, found %v", c.name, r.Outcome, r.Err, r.Found)
			continue
		}
		if c.outcome != signet.Answered {
			continue
		}
		if j, err := Check().Judge(r.Facts); err != nil || j.Verdict != signet.Unseen || len(r.Facts.(*Facts).Instances) != 3 {
			t.Errorf("%s: %+v, %v", c.name, j, err)
		}
	}
}

// longer makes an answer say one byte more than it has, as a browser of a public report does.
func longer(answer []byte) []byte {
	answer[1]++
	return answer
}
