package names

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/netbios"
)

func TestRecordings(t *testing.T) {
	want := map[string]Facts{
		"avahi-mdns.undetermined":     {Protocol: mdns, Transport: "udp", Name: "signetlab.local"},
		"resolved-llmnr.undetermined": {Protocol: llmnr, Transport: "tcp", Name: "signetres"},
		"samba417-nbns.undetermined":  {Protocol: nbns, Transport: "udp", Name: "RPCDC", Domain: "RPCLAB"},
	}
	paths, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(paths) != len(want) {
		t.Fatalf("%d recordings (%v), want %d", len(paths), err, len(want))
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".flow")
		res := checktest.Replay(t, Check(), path, checktest.Options())
		if res.Outcome != signet.Answered || res.Err != nil {
			t.Fatalf("%s: %v %v", name, res.Outcome, res.Err)
		}
		f, w := res.Facts.(*Facts), want[name]
		if f.Protocol != w.Protocol || f.Transport != w.Transport || f.Name != w.Name || f.Domain != w.Domain {
			t.Errorf("%s: %+v", name, f)
		}
		if (len(f.Names) > 0) != (f.Protocol == nbns) {
			t.Errorf("%s: table %q", name, f.Names)
		}
		j := judge(f)
		if !strings.HasSuffix(name, "."+j.Verdict.String()) || len(j.Breaches) != 1 || j.Breaches[0].Where != f.Protocol || !strings.Contains(j.Because[0], f.Name) {
			t.Errorf("%s: %+v", name, j)
		}
		flow, err := checktest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(flow.Attempts) > Check().Sends[0].Connections {
			t.Errorf("%s: %d attempts", name, len(flow.Attempts))
		}
		for _, a := range flow.Attempts {
			sent := 0
			for _, turn := range a.Turns {
				if turn.Client {
					sent++
				}
			}
			if sent != 1 {
				t.Errorf("%s: %d questions in one attempt", name, sent)
			}
		}
	}
}

func endpoint(address string, port uint16) check.Subject {
	return check.Subject{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(address)}, Port: port, Transport: signet.UDP},
		Options:  checktest.Options(),
	}
}

// What is asked, and where nothing is.
func TestQuestions(t *testing.T) {
	for _, c := range []struct {
		address string
		port    uint16
		asks    string // a part of the datagram; "": nothing is asked
	}{
		{"192.0.2.9", 137, "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{"::ffff:192.0.2.9", 137, "CKAAAA"},
		{"2001:db8::9", 137, ""},
		{"192.0.2.9", 5355, "\x019\x012\x010\x03192\x07in-addr\x04arpa"},
		{"::ffff:192.0.2.9", 5353, "\x019\x012\x010\x03192\x07in-addr\x04arpa"},
		{"2001:db8::9", 5353, "\x019\x010\x010\x010"},
		{"192.0.2.9", 53, ""},
	} {
		iv := begin(endpoint(c.address, c.port))
		a, ok := iv.Next(check.End{})
		if ok != (c.asks != "") {
			t.Errorf("%s port %d: asked %v", c.address, c.port, ok)
		}
		if !ok {
			if res := iv.Result(); res.Outcome != signet.Skipped {
				t.Errorf("%s port %d: %v", c.address, c.port, res.Outcome)
			}
			continue
		}
		if !a.UDP || a.Port != 0 {
			t.Errorf("%s port %d: %+v", c.address, c.port, a)
		}
		if step, err := a.Talk.Next(nil, false); err != nil || !strings.Contains(string(step.Send), c.asks) {
			t.Errorf("%s port %d: %q, %v", c.address, c.port, step.Send, err)
		}
	}
}

func TestEnds(t *testing.T) {
	stalled, refused := check.End{Cause: check.Stalled}, check.End{Cause: check.Rejected}
	for _, c := range []struct {
		name    string
		port    uint16
		ends    []check.End
		outcome signet.Outcome
	}{
		{"mute nbns", 137, []check.End{stalled}, signet.Silent},
		{"closed nbns", 137, []check.End{refused}, signet.Refused},
		{"mute mdns", 5353, []check.End{stalled}, signet.Silent},
		{"closed llmnr", 5355, []check.End{refused}, signet.Refused},
		{"mute llmnr, closed over tcp", 5355, []check.End{stalled, refused}, signet.Silent},
		{"mute llmnr both ways", 5355, []check.End{stalled, {Cause: check.NoAnswer}}, signet.Silent},
	} {
		iv := begin(endpoint("192.0.2.9", c.port))
		end := check.End{}
		for i := 0; ; i++ {
			a, ok := iv.Next(end)
			if !ok {
				if i != len(c.ends) {
					t.Errorf("%s: %d attempts, want %d", c.name, i, len(c.ends))
				}
				break
			}
			if a.UDP != (i == 0) {
				t.Errorf("%s: attempt %d over UDP: %v", c.name, i, a.UDP)
			}
			if i >= len(c.ends) {
				t.Fatalf("%s: too many attempts", c.name)
			}
			end = c.ends[i]
		}
		if res := iv.Result(); res.Outcome != c.outcome || res.Facts != nil || res.Err == nil {
			t.Errorf("%s: %v %v", c.name, res.Outcome, res.Err)
		}
	}
}

// answer asks a question of the endpoint and hands it the answer.
func answer(t *testing.T, port uint16, id func([]byte) []byte) (*Facts, error) {
	t.Helper()
	iv := begin(endpoint("192.0.2.9", port))
	a, _ := iv.Next(check.End{})
	step, err := a.Talk.Next(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	step, err = a.Talk.Next(id(append([]byte(nil), step.Send...)), false)
	if err == nil && !step.Done {
		t.Error("not done after an answer")
	}
	return a.Talk.(*conversation).facts, err
}

func TestAnswers(t *testing.T) {
	f, err := answer(t, 137, func(q []byte) []byte {
		return netbios.AppendStatus(nil, netbios.Status{ID: uint16(q[0])<<8 | uint16(q[1]), Names: []netbios.StatusName{
			{Name: netbios.NewName("REALM", 0x1c), Flags: 0x8000}, {Name: netbios.NewName("FILES", 0x20)},
			{Name: netbios.NewName("HOST", 0)}, {Name: netbios.NewName("OTHER", 0)}, {Name: netbios.NewName("CORP", 0), Flags: 0x8000},
		}})
	})
	if err != nil || f.Name != "HOST" || f.Domain != "CORP" || len(f.Names) != 5 || f.Names[0] != "REALM<1c>" {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := answer(t, 137, func([]byte) []byte { return netbios.AppendStatus(nil, netbios.Status{ID: 1}) }); err == nil || f != nil {
		t.Errorf("another question's answer: %+v, %v", f, err)
	}
	refused := func(q []byte) []byte { q[2], q[3] = 0x80, 3; return q }
	if f, err := answer(t, 5355, refused); err != nil || f.RCode != 3 || f.Name != "" {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := answer(t, 5353, func(q []byte) []byte { return q }); err == nil || f != nil {
		t.Errorf("our own question was taken for an answer: %+v, %v", f, err)
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		facts   Facts
		rules   int
		because string
	}{
		{Facts{Protocol: nbns, Name: "HOST"}, 1, "NetBIOS (HOST)"},
		{Facts{Protocol: llmnr}, 1, "over LLMNR"},
		{Facts{Protocol: mdns, Name: "a.local"}, 1, "multicast DNS (a.local)"},
		{Facts{}, 0, "no responder is known"},
		{Facts{Protocol: "wins", Name: "HOST"}, 0, "no responder is known"},
	} {
		j := judge(&c.facts)
		if j.Verdict != signet.Undetermined || len(j.Breaches) != c.rules || !strings.HasSuffix(j.Because[0], c.because) {
			t.Errorf("%+v: %+v", c.facts, j)
		}
	}
}

func TestFactsJSON(t *testing.T) {
	f := &Facts{Protocol: llmnr, Transport: "udp", Names: []string{}}
	if got := string(f.AppendJSON(nil)); got != `{"protocol":"llmnr","transport":"udp","name":"","names":[]}` {
		t.Errorf("got %s", got)
	}
	if !Check().Optional {
		t.Error("the check is asked without being named")
	}
}
