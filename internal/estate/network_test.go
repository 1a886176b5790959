package estate_test

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/estate"
	"signet/internal/run"
	"signet/internal/store"
)

// clock is a time of the day of the tests, "09:30".
func clock(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", "2026-11-20 "+s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// scan is a run of the tests, in words: an endpoint each,
//
//	10.0.0.1 fs1 445 weak            SMB of the host fs1, which does not require signing
//	10.0.0.1 fs1 445 strong          which does
//	10.0.0.1 fs1 445 broken          the conversation broke off
//	10.0.0.1 fs1 445 strong -smb1    with what was not asked
//	10.0.0.1 web 80 /certsrv/ no/    a web server: pages that take NTLM, and with no in front those that do not; or none at all
//
// A host - shows nothing of itself.
type scan struct {
	id, at      string
	interrupted bool
	targets     string
	ends        string
	tool        string // that saw it; empty: Signet asked
}

func (s scan) reading(t testing.TB) *estate.Reading {
	t.Helper()
	out, err := estate.Decode(s.parts(t))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s scan) parts(t testing.TB) [][]byte {
	t.Helper()
	begun := clock(t, s.at)
	r := &store.Run{ID: s.id, Tool: "signet/test", Started: begun, Ended: begun.Add(time.Hour), Targets: strings.Fields(s.targets), Checks: []string{"smb", "http"}, Depth: signet.Anonymous, Interrupted: s.interrupted}
	var list []*signet.Observation
	for line := range strings.SplitSeq(s.ends, "\n") {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		o := &signet.Observation{CheckVersion: 1, At: begun.Add(time.Minute), Outcome: signet.Answered, Open: true, Source: s.tool}
		o.Addr = netip.MustParseAddr(w[0])
		fmt.Sscan(w[2], &o.Port)
		name := ""
		if w[1] != "-" {
			name = fmt.Sprintf(`,"ntlm":{"nb_computer":%q,"nb_domain":"CORP","dns_computer":"%s.corp.example","dns_domain":"corp.example","os_version":"10.0.20348"}`, strings.ToUpper(w[1]), w[1])
		}
		if n := len(w) - 1; strings.HasPrefix(w[n], "-") {
			o.Unasked, w = []string{w[n][1:]}, w[:n]
		}
		switch o.Check = "smb"; {
		case len(w) == 3: // a web server that nothing was asked of
			o.Check, o.Facts = "http", signet.RawFacts(`{"server":"","paths":[]`+name+`}`)
		case w[3] == "broken":
			o.Outcome, o.Err = signet.Broken, &signet.Failure{Phase: "smb2 negotiate", Text: "reset"}
		case w[3] == "weak", w[3] == "strong":
			signing := map[string]string{"weak": "optional", "strong": "required"}[w[3]]
			o.Facts = signet.RawFacts(`{"transport":"direct","dialect":"3.1.1","signing":"` + signing + `","security_mode":"0x01","smb2_offered":true,"smb1":{"offered":false,"signing":"unknown","dialect":"","security_mode":"","user_level":null,"plaintext":null},` +
				`"dialects":[],"dialect_floor":"2.0.2","mechanisms":["ntlm"],"ntlm_offer":"proven"` + name + `}`)
		default:
			o.Check = "http"
			var pages []string
			for _, p := range w[3:] {
				path, no := strings.CutPrefix(p, "no")
				if no {
					pages = append(pages, fmt.Sprintf(`{"path":%q,"role":"","status":200,"schemes":[],"ntlm":"no","epa":"unknown"}`, path))
				} else {
					pages = append(pages, fmt.Sprintf(`{"path":%q,"role":"","status":401,"schemes":["NTLM"],"ntlm":"proven","epa":"unknown"}`, path))
				}
			}
			o.Facts = signet.RawFacts(`{"server":"","paths":[` + strings.Join(pages, ",") + `]` + name + `}`)
		}
		list = append(list, o)
	}
	slices.SortStableFunc(list, func(a, b *signet.Observation) int { return a.Addr.Compare(b.Addr) })
	in := &run.Input{Run: r, Observations: func() iter.Seq2[*signet.Observation, error] {
		return func(yield func(*signet.Observation, error) bool) {
			for _, o := range list {
				c := *o
				if !yield(&c, nil) {
					return
				}
			}
		}
	}}
	return partsOf(t, in)
}

// source is a run of a site under baseline.
func (s scan) source(t testing.TB, site string) estate.Source {
	t.Helper()
	return estate.Source{Reading: s.reading(t), Judge: baseline(t), Site: site}
}

// verified is a run that asked one endpoint.
func (s scan) verified(t testing.TB, site, at, check string) estate.Source {
	t.Helper()
	src := s.source(t, site)
	p := netip.MustParseAddrPort(at)
	src.Verified = &estate.Verified{At: signet.Endpoint{Target: signet.Target{Addr: p.Addr(), Name: "whatever"}, Port: p.Port()}, Check: check}
	return src
}

// standing writes what an estate says: its endpoints, with the run that says so.
func standing(t testing.TB, e *estate.Estate) string {
	t.Helper()
	page, err := e.HostsPage(&estate.HostFilter{}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, h := range page.Items {
		var ends []string
		for _, p := range h.Endpoints {
			ends = append(ends, fmt.Sprintf("%d %s", p.Port, p.Verdict))
		}
		name, _, _ := strings.Cut(h.Name, ".")
		lines = append(lines, fmt.Sprintf("%s %s [%s] %s", h.Address, name, strings.Join(h.Runs, " "), strings.Join(ends, ", ")))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Each rule of what stands where several runs speak of an address.
func TestWhatStands(t *testing.T) {
	asked := func(s estate.Source, list ...string) estate.Source {
		s.Asked = func(a netip.Addr) bool { return slices.Contains(list, a.String()) }
		return s
	}
	weak, strong := "10.0.0.1 fs1 445 weak", "10.0.0.1 fs1 445 strong"
	for _, tt := range []struct {
		name string
		in   []estate.Source
		want string
	}{
		{"a site's newest run alone", []estate.Source{scan{id: "new", at: "10:00", ends: strong}.source(t, "hq"), scan{id: "old", at: "09:00", ends: weak + "\n10.0.0.2 fs2 445 weak"}.source(t, "hq")},
			"10.0.0.1 fs1 [new] 445 guarded"},
		{"a run that was interrupted", []estate.Source{scan{id: "old", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "new", at: "10:00", ends: strong, interrupted: true}.source(t, "hq")},
			"10.0.0.1 fs1 [old] 445 exposed"},
		{"sites that overlap: the newer observation", []estate.Source{scan{id: "hq", at: "09:00", ends: weak + "\n10.0.0.1 fs1 139 weak"}.source(t, "hq"), scan{id: "dmz", at: "10:00", ends: strong}.source(t, "dmz")},
			"10.0.0.1 fs1 [hq dmz] 139 exposed, 445 guarded"},
		{"sites that overlap: what could not tell makes room for an exposure", []estate.Source{scan{id: "hq", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "dmz", at: "10:00", ends: "10.0.0.1 fs1 445 broken"}.source(t, "dmz")},
			"10.0.0.1 fs1 [hq] 445 exposed"},
		{"sites that overlap: and for no guard", []estate.Source{scan{id: "hq", at: "09:00", ends: strong}.source(t, "hq"), scan{id: "dmz", at: "10:00", ends: "10.0.0.1 fs1 445 broken"}.source(t, "dmz")},
			"10.0.0.1 fs1 [dmz] 445 undetermined"},
		{"sites that overlap: the wire that we saw before another tool", []estate.Source{scan{id: "hq", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "dmz", at: "10:00", ends: strong, tool: "nmap 7.95"}.source(t, "dmz")},
			"10.0.0.1 fs1 [hq] 445 exposed"},
		{"another host at the address", []estate.Source{scan{id: "hq", at: "09:00", ends: weak + "\n10.0.0.1 fs1 139 weak"}.source(t, "hq"), scan{id: "dmz", at: "10:00", ends: "10.0.0.1 other 445 strong"}.source(t, "dmz")},
			"10.0.0.1 other [dmz] 445 guarded"},
		{"a small run of no site hides nothing", []estate.Source{scan{id: "big", at: "09:00", ends: weak + "\n10.0.0.2 fs2 445 weak"}.source(t, ""), scan{id: "small", at: "10:00", ends: strong}.source(t, "")},
			"10.0.0.1 fs1 [small] 445 guarded\n10.0.0.2 fs2 [big] 445 exposed"},
		{"of no site, an address as a whole", []estate.Source{scan{id: "big", at: "09:00", ends: weak + "\n10.0.0.1 fs1 139 weak"}.source(t, ""), scan{id: "small", at: "10:00", ends: strong}.source(t, "")},
			"10.0.0.1 fs1 [small] 445 guarded"},
		{"of no site, asked and nothing there", []estate.Source{scan{id: "big", at: "09:00", ends: weak + "\n10.0.0.2 fs2 445 weak"}.source(t, ""), asked(scan{id: "small", at: "10:00"}.source(t, ""), "10.0.0.1")},
			"10.0.0.2 fs2 [big] 445 exposed"},
		{"of no site, asked before", []estate.Source{scan{id: "big", at: "10:00", ends: weak}.source(t, ""), asked(scan{id: "small", at: "09:00"}.source(t, ""), "10.0.0.1")},
			"10.0.0.1 fs1 [big] 445 exposed"},
		{"of no site, asked and nothing there, beside a site", []estate.Source{scan{id: "hq", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "big", at: "09:30", ends: "10.0.0.1 fs1 139 weak"}.source(t, ""), asked(scan{id: "small", at: "10:00"}.source(t, ""), "10.0.0.1")},
			"10.0.0.1 fs1 [hq] 445 exposed"},
		{"a site and no site", []estate.Source{scan{id: "hq", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "cli", at: "10:00", ends: strong}.source(t, "")},
			"10.0.0.1 fs1 [cli] 445 guarded"},
		{"a verification stands for its endpoint", []estate.Source{scan{id: "hq", at: "09:00", ends: weak + "\n10.0.0.1 fs1 139 weak"}.source(t, "hq"), scan{id: "verify", at: "11:00", ends: strong + "\n10.0.0.1 fs1 139 strong\n10.0.0.9 x 445 weak"}.verified(t, "hq", "10.0.0.1:445", "smb")},
			"10.0.0.1 fs1 [hq verify] 139 exposed, 445 guarded"},
		{"a verification that heard nothing", []estate.Source{scan{id: "hq", at: "09:00", ends: weak + "\n10.0.0.1 fs1 139 weak"}.source(t, "hq"), scan{id: "verify", at: "11:00"}.verified(t, "hq", "10.0.0.1:445", "smb")},
			"10.0.0.1 fs1 [hq] 139 exposed"},
		{"a verification that could not tell", []estate.Source{scan{id: "hq", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "verify", at: "11:00", ends: "10.0.0.1 fs1 445 broken"}.verified(t, "hq", "10.0.0.1:445", "smb")},
			"10.0.0.1 fs1 [verify] 445 undetermined"},
		{"the newest verification", []estate.Source{scan{id: "verify2", at: "12:00", ends: weak}.verified(t, "hq", "10.0.0.1:445", "smb"), scan{id: "hq", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "verify1", at: "11:00", ends: strong}.verified(t, "hq", "10.0.0.1:445", "smb")},
			"10.0.0.1 fs1 [verify2] 445 exposed"},
		{"a verification before the last run", []estate.Source{scan{id: "hq", at: "12:00", ends: weak}.source(t, "hq"), scan{id: "verify", at: "11:00", ends: strong}.verified(t, "hq", "10.0.0.1:445", "smb")},
			"10.0.0.1 fs1 [hq] 445 exposed"},
		{"a verification of another check", []estate.Source{scan{id: "hq", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "verify", at: "11:00", ends: strong}.verified(t, "hq", "10.0.0.1:445", "http")},
			"10.0.0.1 fs1 [hq] 445 exposed"},
		{"a verification of what nobody knew", []estate.Source{scan{id: "hq", at: "09:00", ends: weak}.source(t, "hq"), scan{id: "verify", at: "11:00", ends: "10.0.0.0 new 445 weak"}.verified(t, "hq", "10.0.0.0:445", "smb")},
			"10.0.0.0 new [verify] 445 exposed\n10.0.0.1 fs1 [hq] 445 exposed"},
		{"nothing", nil, ""},
	} {
		if got := standing(t, estate.New(all.Checks(), tt.in)); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
		slices.Reverse(tt.in)
		if got := standing(t, estate.New(all.Checks(), tt.in)); got != tt.want {
			t.Errorf("%s, the other way round:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}
