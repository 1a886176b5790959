package smb

import (
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/netbios"
)

// Port 139 wants a session request first, and perhaps the server's own name.
func TestNetBIOS(t *testing.T) {
	status := netbios.AppendStatus(nil, netbios.Status{ID: 0, Names: []netbios.StatusName{
		{Name: netbios.NewName("WORK", 0), Flags: 0x8400}, {Name: netbios.NewName("OLDBOX", netbios.SuffixFileServer), Flags: 0x0400},
	}})
	const lateNotes = "smb2 negotiate, netbios node status"
	for _, c := range []struct {
		name    string
		reply   func(called string) string
		status  []byte
		notes   string
		outcome signet.Outcome
		err     string
	}{
		{"takes any name", func(string) string { return "\x82\x00\x00\x00" }, nil, "smb2 negotiate, smb1 negotiate, smb2 negotiate again", signet.Answered, ""},
		{"positive reply with a body", func(string) string { return "\x82\x00\x00\x05abcde" }, nil, "smb2 negotiate, smb1 negotiate, smb2 negotiate again", signet.Answered, ""},
		{"wants its own name", func(called string) string {
			if called == "OLDBOX" {
				return "\x82\x00\x00\x00"
			}
			return "\x83\x00\x00\x01\x82"
		}, status, "smb2 negotiate, netbios node status, smb2 negotiate, smb1 negotiate, smb2 negotiate again", signet.Answered, ""},
		{"wants a name it does not tell", func(string) string { return "\x83\x00\x00\x01\x82" }, nil, "smb2 negotiate, netbios node status", signet.Broken, "called name not present"},
		{"is answered for another", func(string) string { return "\x83\x00\x00\x01\x82" }, status, lateNotes, signet.Broken, "called name not present"},
		{"refuses its own name too", func(string) string { return "\x83\x00\x00\x01\x80" }, status, "smb2 negotiate, netbios node status, smb2 negotiate", signet.Broken, "not listening on called name"},
		{"has no room", func(string) string { return "\x83\x00\x00\x01\x83" }, status, "smb2 negotiate", signet.Broken, "insufficient resources"},
		{"points elsewhere", func(string) string { return "\x84\x00\x00\x06\x0a\x00\x00\x01\x00\x8b" }, status, "smb2 negotiate", signet.Broken, "another address"},
		{"answers with a message", func(string) string { return "\x00\x00\x00\x04\xfeSMB" }, nil, "smb2 negotiate, smb1 negotiate", signet.Broken, "session response"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := windows()
			s.mode = 3
			inner := s.host()
			h := host{before: map[string]check.Cause{}, say: func(note string, sent []byte) ([]byte, check.Cause) {
				if note == noteStatus {
					if c.notes == lateNotes { // an answer to somebody else's query
						return append([]byte{sent[0] ^ 1, sent[1]}, c.status[2:]...), check.Start
					}
					return append(append([]byte(nil), sent[:2]...), c.status[2:]...), check.Start
				}
				if sent[0] == netbios.SessionRequest {
					return []byte(c.reply(calledName(sent))), check.Start
				}
				return inner.say(note, sent)
			}}
			if c.status == nil {
				h.before[noteStatus] = check.Stalled
			}
			got := interviewOf(t, 139, flags(), h)
			if n := strings.Join(got.notes, ", "); n != c.notes {
				t.Errorf("attempts %q, want %q", n, c.notes)
			}
			if got.result.Outcome != c.outcome {
				t.Errorf("outcome %s, want %s", got.result.Outcome, c.outcome)
			}
			if c.outcome == signet.Answered {
				if got.facts.Transport != "netbios" || got.judged.Verdict != signet.Guarded {
					t.Errorf("%s %s", got.facts.Transport, got.judged.Verdict)
				}
			} else if got.result.Err == nil || !strings.Contains(got.result.Err.Text, c.err) {
				t.Errorf("error %+v, want %q in it", got.result.Err, c.err)
			}
		})
	}
}

// calledName decodes the first name of a session request.
func calledName(sent []byte) string {
	var n netbios.Name
	for i := range n {
		n[i] = (sent[5+2*i]-'A')<<4 | (sent[6+2*i] - 'A')
	}
	return n.String()
}
