package lab_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"signet"
	"signet/internal/check/all"
)

// What each check declares to send at a depth, against what the transcripts of a real run show: connections, anonymous
// logons, logons of a user that cannot exist.
func TestNothingIsSentThatWasNotDeclared(t *testing.T) {
	up := running(t)
	rows := inventory(t)
	known := checks(t)
	type budget struct{ connections, authentications int }
	for _, depth := range []signet.Depth{signet.Handshake, signet.Anonymous, signet.Decoy} {
		t.Run(depth.String(), func(t *testing.T) {
			declared := map[string]budget{}
			for _, c := range all.Checks() {
				var b budget
				for _, s := range c.Sends {
					if s.Depth <= depth {
						b = budget{s.Connections, s.Anonymous + s.Logons}
					}
				}
				declared[c.Name] = b
			}
			cmd := exec.CommandContext(t.Context(), binary(t), append([]string{"scan", "--store", "none", "--rate", "0", "--no-progress", "--trace", "-o", "jsonl", "--depth", depth.String()}, targets(rows, up, known)...)...)
			cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+os.DevNull)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			for l := range bytes.Lines(out) {
				var e struct {
					Kind, Address, Check string
					Port, Connections    int
					Trace                []struct{ Note, Sent string }
				}
				if err := json.Unmarshal(l, &e); err != nil || e.Kind != "endpoint" {
					continue
				}
				seen++
				at := fmt.Sprintf("%s of %s:%d at depth %s", e.Check, e.Address, e.Port, depth)
				d := declared[e.Check]
				if e.Connections == 0 || e.Connections > d.connections {
					t.Errorf("%s: %d connections, declared at most %d", at, e.Connections, d.connections)
				}
				authentications := 0
				for _, x := range e.Trace {
					b, err := hex.DecodeString(x.Sent)
					if err != nil {
						t.Fatal(err)
					}
					authentications += bytes.Count(b, []byte("NTLMSSP\x00\x03\x00\x00\x00")) + bytes.Count(b, []byte("TlRMTVNTUAADAAAA"))
				}
				if authentications > d.authentications {
					t.Errorf("%s: %d AUTHENTICATE messages, declared %d", at, authentications, d.authentications)
				}
				if depth == signet.Handshake && authentications > 0 {
					t.Errorf("%s: an AUTHENTICATE message at depth handshake", at)
				}
			}
			t.Logf("%d endpoints held against the declarations at depth %s", seen, depth)
			if seen < 50 {
				t.Errorf("only %d endpoints were seen", seen)
			}
		})
	}
}
