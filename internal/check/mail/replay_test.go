package mail

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

// recordings lists the flows; it fails where there are too few, so that a lost folder is not a pass.
func recordings(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(paths) < 13 {
		t.Fatalf("%d recordings (%v), want at least 13", len(paths), err)
	}
	return paths
}

func replayed(t testing.TB, path string) (*Facts, check.Result) {
	t.Helper()
	res := checktest.Replay(t, Check(), path, checktest.Options())
	if res.Facts == nil {
		t.Fatalf("%s: %v %v", path, res.Outcome, res.Err)
	}
	return res.Facts.(*Facts), res
}

// Every recording yields the verdict of its name, and the port that of its protocol.
func TestRecordings(t *testing.T) {
	protocols := map[string]string{"25": "smtp", "587": "smtp", "465": "smtp", "143": "imap", "993": "imap", "110": "pop3", "995": "pop3"}
	for _, path := range recordings(t) {
		name, want, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".flow"), ".")
		t.Run(name, func(t *testing.T) {
			f, res := replayed(t, path)
			j := judge(f)
			if j.Verdict.String() != want {
				t.Errorf("verdict %v because %q", j.Verdict, j.Because)
			}
			if res.Outcome != signet.Answered || res.Err != nil || len(res.Unasked) > 0 {
				t.Errorf("outcome %v, %v, unasked %q", res.Outcome, res.Err, res.Unasked)
			}
			if got := protocols[name[strings.LastIndex(name, "-")+1:]]; f.Protocol != got {
				t.Errorf("protocol %q, want %q", f.Protocol, got)
			}
			if strings.HasPrefix(name, "dovecot-ntlm") && (f.NTLM == nil || f.NTLM.NBComputer != "MAIL") {
				t.Errorf("names %+v", f.NTLM)
			}
		})
	}
}

// What the check declares is the most that the recordings show: connections, one AUTH, and its cancellation where a
// challenge came. No line of a client holds a type 3.
func TestDeclaredIsDone(t *testing.T) {
	declared := Check().Sends[0]
	most := 0
	for _, path := range recordings(t) {
		flow, err := checktest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		auths, tokens, cancels := 0, 0, 0
		for _, a := range flow.Attempts {
			for _, turn := range a.Turns {
				line := string(turn.Bytes)
				switch {
				case !turn.Client:
				case strings.Contains(line, "AUTH NTLM"), strings.Contains(line, "AUTH GSS"), strings.Contains(line, "AUTHENTICATE "):
					auths++
				case line == "*\r\n":
					cancels++
				case strings.HasPrefix(line, "TlRMTVNTUAAB"), strings.HasPrefix(line, "YEgGBisG"):
					tokens++
				case strings.Contains(line, "TlRMTVNTUAAD"):
					t.Errorf("%s: a type 3 was sent", path)
				}
			}
		}
		most = max(most, len(flow.Attempts))
		f, _ := replayed(t, path)
		want := 0 // a mechanism that is not listed is refused before its token
		if carrier(f.Mechanisms) != "" {
			want = 1
		}
		if auths != 1 || tokens != want {
			t.Errorf("%s: %d AUTH, want one; %d tokens, want %d", path, auths, tokens, want)
		}
		if (cancels == 1) != (f.NTLM != nil) {
			t.Errorf("%s: %d cancellations, challenge %v", path, cancels, f.NTLM != nil)
		}
	}
	if most > declared.Connections || most < 2 {
		t.Errorf("%d connections seen, %d declared", most, declared.Connections)
	}
}

// The JSON has the names of the contract, and lists are never null.
func TestFactsJSON(t *testing.T) {
	f, _ := replayed(t, "testdata/dovecot-ntlm-143.exposed.flow")
	var m map[string]any
	if err := json.Unmarshal(f.AppendJSON(nil), &m); err != nil {
		t.Fatal(err)
	}
	if m["protocol"] != "imap" || m["tls"] != "starttls" || m["starttls"] != true || m["ntlm"].(map[string]any)["nb_computer"] != "MAIL" {
		t.Errorf("%v", m)
	}
	if got := len(m["mechanisms"].([]any)); got != 4 {
		t.Errorf("%d mechanisms", got)
	}
	empty := begin(check.Subject{Options: checktest.Options()}).(*interview).facts
	if got := string(empty.AppendJSON(nil)); got != `{"protocol":"","tls":"none","starttls":null,"mechanisms":[],"ways":[]}` {
		t.Errorf("empty facts are %s", got)
	}
	again, err := Check().Judge(signet.RawFacts(f.AppendJSON(nil)))
	if err != nil || again.Verdict != signet.Exposed {
		t.Errorf("facts from JSON: %v, %v", again, err)
	}
}
