package smb

import (
	"path/filepath"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

// FuzzInterview lets a server say anything, the same on every connection: the interview ends, within the number of
// connections that is declared, and nothing is called guarded without the bit, the floor or the refusal that says so.
func FuzzInterview(f *testing.F) {
	files, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		flow, err := checktest.Load(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, a := range flow.Attempts {
			var first, second []byte
			for _, turn := range a.Turns {
				if turn.Client {
					continue
				}
				if first == nil {
					first = turn.Bytes
				} else if second == nil {
					second = turn.Bytes
				}
			}
			f.Add(flow.Port == portNetBIOS, byte(check.Closed), first, second)
		}
	}
	f.Fuzz(func(t *testing.T, netbios bool, end byte, first, second []byte) {
		port := uint16(445)
		if netbios {
			port = portNetBIOS
		}
		cause := check.Closed
		if end%2 == 0 {
			cause = check.Reset
		}
		said := map[string]int{}
		got := interviewOf(t, port, flags(), host{say: func(note string, _ []byte) ([]byte, check.Cause) {
			switch said[note]++; said[note] % 3 {
			case 1:
				return first, check.Start
			case 2:
				return second, check.Start
			}
			return nil, cause
		}})
		limit := declared(signet.Anonymous)
		if len(got.notes) > limit.Connections+1 { // the node status query is no connection

			t.Fatalf("%d attempts, %d connections declared: %q", len(got.notes), limit.Connections, got.notes)
		}
		g := got.facts
		safe := g.Signing == signet.Required || g.DialectFloor == top || is(g.EncryptionRequired) || isNot(g.SMB2Offered) && g.SMB1.Signing == signet.Required
		if v := got.judged.Verdict; v == signet.Guarded && (!safe || g.smb1Open() || g.Odd) {
			t.Fatalf("guarded: %s", g.AppendJSON(nil))
		}
		if got.result.Facts == nil && got.result.Outcome == signet.Answered {
			t.Fatal("answered without facts")
		}
	})
}
