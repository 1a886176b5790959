package http

import (
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/corpus"
	"signet/internal/wire/http1"
)

// recordedOptions are those under which the recordings were made.
func recordedOptions() *check.Options {
	o := checktest.Options()
	o.CANames = []string{"Corp CA"}
	return o
}

// TestReplay holds the check against every recording; the file's name states the outcome or the verdict.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	c := Check()
	seen := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".flow")
		want := name[strings.LastIndexByte(name, '.')+1:]
		seen[want] = true
		t.Run(name, func(t *testing.T) {
			r := checktest.Replay(t, c, file, recordedOptions())
			got := r.Outcome.String()
			if r.Outcome == signet.Answered {
				j, err := c.Judge(r.Facts)
				if err != nil {
					t.Fatal(err)
				}
				got = j.Verdict.String()
			}
			if got != want {
				t.Errorf("%s, %v: %+v", got, r.Err, r.Facts)
			}
			f, err := checktest.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if declared := c.Sends[0]; len(f.Attempts) > declared.Connections {
				t.Errorf("%d connections, declared are %d", len(f.Attempts), declared.Connections)
			}
			for _, a := range f.Attempts {
				for _, turn := range a.Turns {
					if turn.Client && strings.Contains(string(turn.Bytes), "TlRMTVNTUAADAAAA") {
						t.Error("an AUTHENTICATE message was sent")
					}
				}
			}
		})
	}
	for _, want := range []string{"exposed", "guarded", "unseen", "undetermined", "foreign"} {
		if !seen[want] {
			t.Errorf("no recording is %s", want)
		}
	}
}

// TestRecord records again where SIGNET_RECORD names a server: see checktest.Rerecord.
func TestRecord(t *testing.T) {
	checktest.Rerecord(t, Check(), "web.lab.example", func(string) *check.Options { return recordedOptions() })
}

// TestCorpus meets the labels of real captures: where tshark read a CHALLENGE out of a response, the proof finds it,
// and nowhere else.
func TestCorpus(t *testing.T) {
	type label struct {
		File string
		Raw  []byte `json:"raw_headers_b64"`
		NTLM *struct {
			NBComputer  string `json:"nb_computer"`
			NBDomain    string `json:"nb_domain"`
			DNSComputer string `json:"dns_computer"`
			DNSDomain   string `json:"dns_domain"`
			DNSTree     string `json:"dns_tree"`
			Version     string
		}
	}
	for _, want := range corpus.Records[label](t, "http.jsonl", 1) {
		rd := http1.NewReader("GET", http1.Limits{})
		if _, err := rd.Feed(want.Raw); err != nil {
			t.Fatal(err)
		}
		if err := rd.Close(true); err != nil {
			t.Fatal(err)
		}
		for _, pr := range []proof{underNTLM, underNegotiate} {
			p := &page{}
			got := p.take(pr, rd.Response())
			switch {
			case (want.NTLM != nil) != p.proven:
				t.Errorf("%s: proven %v under %v", want.File, p.proven, pr)
			case want.NTLM != nil && (got == nil || got.NBComputer != want.NTLM.NBComputer || got.NBDomain != want.NTLM.NBDomain ||
				got.DNSComputer != want.NTLM.DNSComputer || got.DNSDomain != want.NTLM.DNSDomain || got.OSVersion != want.NTLM.Version):
				t.Errorf("%s: %+v, want %+v", want.File, got, want.NTLM)
			}
		}
	}
}
