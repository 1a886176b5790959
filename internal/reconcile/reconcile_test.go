package reconcile_test

import (
	"errors"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/reconcile"
)

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func tells(string) []string { return nil }

// said is an observation on a day of November.
func said(source string, on int, verdict signet.Verdict, facts string) reconcile.Said {
	o := &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.5")}, Port: 445},
		Check:    "smb", At: day.AddDate(0, 0, on-1), Outcome: signet.Answered, Open: true, Source: source,
	}
	if facts != "" {
		o.Facts = signet.RawFacts(facts)
	}
	return reconcile.Said{Observation: o, Verdict: verdict, Tells: []string{"smb1 offered"}}
}

func silent(source string, on int) reconcile.Said {
	s := said(source, on, signet.Undetermined, "")
	s.Outcome, s.Open = signet.Silent, false
	return s
}

// Which of several stands, and what is said against it.
func TestStands(t *testing.T) {
	const e, g, u, n = signet.Exposed, signet.Guarded, signet.Undetermined, signet.Unseen
	required, optional := `{"signing":"required"}`, `{"signing":"optional"}`
	for _, tt := range []struct {
		name    string
		list    []reconcile.Said
		stands  int
		against []string // parts of the only disagreement; nil: there is none
	}{
		{"ours wins over a newer tool", []reconcile.Said{said("", 1, g, required), said("nmap 7.93", 2, e, optional)}, 0,
			[]string{"port 445 smb: nmap 7.93 of 2026-11-02 00:00 says exposed (signing optional)", "signet of 2026-11-01 00:00 says guarded (signing required), and stands"}},
		{"ours wins over a tool that sees a guard", []reconcile.Said{said("nmap 7.93", 2, g, required), said("capture", 1, e, optional)}, 1,
			[]string{"a capture of", "and stands"}},
		{"the newer of ours wins", []reconcile.Said{said("", 1, e, optional), said("capture", 2, g, required)}, 1, []string{"signet of 2026-11-01"}},
		{"our own lines are ours", []reconcile.Said{said("signet/1", 1, g, required), said("nmap 7.93", 2, e, optional)}, 0, []string{"nmap"}},
		{"the newer of two tools wins", []reconcile.Said{said("nmap 7.93", 3, g, required), said("NetExec", 2, e, optional)}, 0, []string{"NetExec"}},
		{"agreement is nothing to tell", []reconcile.Said{said("", 1, g, required), said("nmap 7.93", 2, g, required)}, 0, nil},
		{"what is not known is no disagreement", []reconcile.Said{said("", 1, u, `{"signing":"unknown"}`), said("nmap 7.93", 2, u, required)}, 0, nil},
		{"an exposure counts where we could not tell", []reconcile.Said{said("", 2, u, `{"signing":"unknown"}`), said("nmap 7.93", 1, e, optional)}, 1, nil},
		{"a tool's guard does not hide that we could not tell", []reconcile.Said{said("", 1, u, `{"signing":"unknown"}`), said("nmap 7.93", 2, g, required)}, 0, nil},
		{"nor that a capture could not", []reconcile.Said{said("capture", 1, u, `{"signing":"unknown"}`), said("nmap 7.93", 2, g, required)}, 0, nil},
		{"a scan stands where a newer capture heard too little", []reconcile.Said{said("", 1, g, required), said("capture", 2, u, `{"signing":"unknown"}`)}, 0, nil},
		{"but not against what it heard", []reconcile.Said{said("", 1, g, required), said("capture", 2, u, optional)}, 1, []string{"signet of 2026-11-01 00:00 says guarded (signing required)"}},
		{"a newer scan that could not tell is not made up for by an older one", []reconcile.Said{said("", 1, g, required), said("", 2, u, "")}, 1, nil},
		{"what was there counts where we reached nothing", []reconcile.Said{silent("", 2), said("nmap 7.93", 1, g, required)}, 1, nil},
		{"and is kept where a tool reached nothing", []reconcile.Said{said("", 1, g, required), silent("nmap 7.93", 2)}, 0, nil},
		{"a tool's exposure counts where we saw no NTLM", []reconcile.Said{said("", 2, n, ""), said("nmap 7.93", 1, e, "")}, 1, []string{"signet of 2026-11-02 00:00 says unseen"}},
		{"what we asked last counts where it saw none any more", []reconcile.Said{said("", 2, n, ""), said("", 1, e, "")}, 0, []string{"says exposed"}},
		{"our exposure counts where a capture heard none", []reconcile.Said{said("", 1, e, ""), said("capture", 2, n, "")}, 0, []string{"a capture of 2026-11-02 00:00 says unseen"}},
		{"our guard counts where a capture heard none", []reconcile.Said{said("", 1, g, required), said("capture", 2, n, "")}, 0, []string{"says unseen"}},
		{"a tool's guard does not count where we saw none", []reconcile.Said{said("", 1, n, ""), said("nmap 7.93", 2, g, required)}, 0, []string{"says guarded"}},
		{"a scan that saw no NTLM stands where a capture heard too little", []reconcile.Said{said("", 1, n, ""), said("capture", 2, u, "")}, 0, nil},
		{"nested levels", []reconcile.Said{said("", 1, g, `{"smb1":{"offered":false,"signing":"unknown"}}`), said("NetExec", 2, g, `{"smb1":{"offered":true,"signing":"off"}}`)}, 0,
			[]string{"smb1 offered yes", "smb1 offered no"}},
		{"pages by their path", []reconcile.Said{said("", 1, u, `{"paths":[{"path":"/","epa":"off"},{"path":"/certsrv/","epa":"required"}]}`), said("nmap 7.93", 2, u, `{"paths":[{"path":"/certsrv/","epa":"off"}]}`)}, 0,
			[]string{"/certsrv/ epa off", "/certsrv/ epa required"}},
	} {
		for _, turned := range []bool{false, true} {
			list, want := slices.Clone(tt.list), tt.stands
			if turned {
				slices.Reverse(list)
				want = len(list) - 1 - want
			}
			at, against := reconcile.Stands(list)
			if at != want {
				t.Errorf("%s: %s stands", tt.name, list[at].Source)
			}
			if (tt.against == nil) != (len(against) == 0) || len(against) > 1 {
				t.Errorf("%s: %q", tt.name, against)
				continue
			}
			for _, part := range tt.against {
				if !strings.Contains(against[0], part) {
					t.Errorf("%s: %q does not say %q", tt.name, against[0], part)
				}
			}
		}
	}
}

// Facts that are damaged, or of a shape that no check has, differ in nothing and break nothing.
func TestStandsOnAnything(t *testing.T) {
	for _, facts := range []string{"", "{", "[]", "null", `{"signing":1}`, `{"signing":["off"]}`, `{"paths":{"path":"/"}}`, `{"signing":{"a":"off"}}`} {
		if _, against := reconcile.Stands([]reconcile.Said{said("", 1, signet.Undetermined, facts), said("x", 1, signet.Undetermined, `{"signing":"off","paths":[{"path":"/","epa":"off"}]}`)}); against != nil {
			t.Errorf("%s: %q", facts, against)
		}
	}
}

// Endpoints meet by address, port, transport and check; nothing is lost, and clients stay as they are.
func TestEndpoints(t *testing.T) {
	at := func(addr string, port uint16, name string, udp bool, source string) *signet.Observation {
		o := &signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(addr)}, Port: port}, Check: name, Outcome: signet.Answered, Source: source}
		if udp {
			o.Transport = signet.UDP
		}
		return o
	}
	list := []*signet.Observation{
		at("192.0.2.1", 80, "http", false, ""),
		at("192.0.2.1", 445, "smb", false, ""), at("192.0.2.1", 445, signet.ClientCheck, false, ""), at("192.0.2.1", 445, "smb", true, ""),
		at("192.0.2.1", 445, "http", false, ""), at("192.0.2.1", 445, "smb", false, "nmap 7.93"), at("192.0.2.1", 445, signet.ClientCheck, false, ""),
		at("192.0.2.2", 445, "smb", false, ""),
	}
	asked := 0
	verdict := func(o *signet.Observation) signet.Verdict {
		asked++
		if o.Source == "" {
			return signet.Guarded
		}
		return signet.Exposed
	}
	stream := func(fail bool) iter.Seq2[*signet.Observation, error] {
		return func(yield func(*signet.Observation, error) bool) {
			for _, o := range list {
				if !yield(o, nil) {
					return
				}
			}
			if fail {
				yield(nil, errors.New("the store is gone"))
			}
		}
	}
	var got []string
	for m, err := range reconcile.Endpoints(stream(false), tells, verdict) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.Endpoint.String()+" "+m.Check+" "+m.Transport.String()+strings.Repeat("!", len(m.Disagreements)))
	}
	want := []string{"192.0.2.1:80 http tcp", "192.0.2.1:445 smb tcp!", "192.0.2.1:445 client tcp", "192.0.2.1:445/udp smb udp", "192.0.2.1:445 http tcp",
		"192.0.2.1:445 client tcp", "192.0.2.2:445 smb tcp"}
	if !slices.Equal(got, want) || asked != 2 {
		t.Errorf("%d judged\n%s", asked, strings.Join(got, "\n"))
	}
	var last error
	for _, err := range reconcile.Endpoints(stream(true), tells, verdict) {
		last = err
	}
	if last == nil {
		t.Error("the error of the stream is lost")
	}
	for range reconcile.Endpoints(stream(false), tells, verdict) {
		break
	}
}
