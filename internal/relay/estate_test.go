package relay_test

import (
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/relay"
)

func addr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

func windows(i int, findings ...signet.HostFinding) *signet.Host {
	h := &signet.Host{Address: addr(i), Windows: signet.Yes, Findings: findings}
	for _, f := range findings {
		h.Endpoints = append(h.Endpoints, signet.HostEndpoint{Port: f.Port, Check: f.Check, Verdict: signet.Exposed})
	}
	return h
}

func found(rule, check string, port uint16) signet.HostFinding {
	return signet.HostFinding{Rule: rule, Check: check, Port: port, Severity: signet.High}
}

var (
	smb  = found("smb-signing-not-required", "smb", 445)
	ldap = found("ldap-signing-not-required", "ldap", 389)
	web  = found("adcs-web-enrollment-ntlm-http", "http", 80)
	epa  = found("http-ntlm-epa-unknown", "http", 443)
	half = found("http-epa-optional", "http", 443)
)

func TestCounts(t *testing.T) {
	e := relay.New(all.Checks())
	for i := range 10 { // ten Windows hosts, four of them without signing
		if i < 4 {
			e.Include(windows(i, smb, smb)) // by two ways into one endpoint: one path
		} else {
			e.Include(windows(i))
		}
	}
	e.Include(windows(10, ldap, web, epa))
	nas := windows(11, smb)
	nas.Windows = signet.No
	e.Include(nas)
	closed := windows(12, smb)
	closed.Endpoints[0].Verdict = signet.Guarded
	e.Include(closed)
	calm := windows(17, smb) // NTLM was nowhere seen
	calm.Windows, calm.Endpoints[0].Verdict = signet.No, signet.Unseen
	e.Include(calm)
	untold := windows(16, smb) // whether NTLM is taken there could not be told: no path is claimed
	untold.Windows, untold.Endpoints[0].Verdict = signet.No, signet.Undetermined
	e.Include(untold)
	twin := windows(13)
	twin.SameAs = addr(1)
	e.Include(twin)
	e.Include(&signet.Host{Address: addr(14)}) // who knows

	p := e.Summary()
	if p.Sources != 13 {
		t.Errorf("%d sources, want 13: ten, the controller, the one that is guarded, and one that says what another said", p.Sources)
	}
	want := map[string][4]uint64{ // endpoints, open, conditional, unknown
		smb.Rule:  {5, 4*12 + 13, 0, 0}, // a host is no source of its own paths; the NAS is none at all
		ldap.Rule: {1, 0, 12, 0},        // SMB is closed by R2; HTTP is not known
		web.Rule:  {1, 12, 0, 0},
		epa.Rule:  {1, 0, 0, 12},
	}
	if len(p.Fixes) != len(want) {
		t.Fatalf("fixes: %+v", p.Fixes)
	}
	for _, f := range p.Fixes {
		if got := [4]uint64{f.Endpoints, f.Open, f.Conditional, f.Unknown}; got != want[f.Finding] {
			t.Errorf("%s: %v, want %v", f.Finding, got, want[f.Finding])
		}
		if strings.Count(f.Because, "→") != 1 || !strings.Contains(f.Because, "; closes if ") {
			t.Errorf("%s: %q is no path sentence", f.Finding, f.Because)
		}
	}
	if p.Fixes[0].Finding != smb.Rule || p.Fixes[3].Finding != epa.Rule {
		t.Errorf("order: %+v", p.Fixes)
	}

	// What the lines count comes to what the fixes say.
	sums, sample := map[string]uint64{}, 0
	for l := range e.Lines() {
		sums[l.Finding+" "+l.State.String()] += l.Sources
		sample = max(sample, len(l.Sample))
		for _, a := range l.Sample {
			if a == l.Target.Addr {
				t.Errorf("%s is a source of its own path", a)
			}
		}
		if !l.Assumed {
			t.Errorf("%+v: nothing was seen to be a source", l)
		}
		if _, ok := relay.Explain(l.Rule); !ok {
			t.Errorf("%s is not explained", l.Rule)
		}
	}
	for _, f := range p.Fixes {
		for state, n := range map[string]uint64{"open": f.Open, "conditional": f.Conditional, "unknown": f.Unknown} {
			if sums[f.Finding+" "+state] != n {
				t.Errorf("%s: lines count %d %s, the fix %d", f.Finding, sums[f.Finding+" "+state], state, n)
			}
		}
	}
	if sample == 0 || sample > 3 {
		t.Errorf("a sample of %d sources", sample)
	}
}

// A source that was seen is no assumption, and what needs it is open.
func TestKnownSources(t *testing.T) {
	e := relay.New(all.Checks())
	e.Include(windows(1), relay.HTTP)
	e.Include(windows(2), relay.NTLMv1)
	e.Include(windows(3, ldap), relay.HTTP)
	e.Include(windows(4, half))
	for _, f := range e.Summary().Fixes {
		want := map[string]uint64{ldap.Rule: 1, half.Rule: 1}[f.Finding]
		if f.Open != want || f.Conditional != 0 {
			t.Errorf("%+v, want %d open", f, want)
		}
	}
	for l := range e.Lines() {
		if l.Assumed || l.State != signet.PathOpen {
			t.Errorf("%+v", l)
		}
	}
}

// Without any Windows host in sight there is nothing to count from; what is known to be open still comes first.
func TestNoSources(t *testing.T) {
	e := relay.New(all.Checks())
	nas := windows(1, epa, smb)
	nas.Windows = signet.NotKnown
	e.Include(nas)
	p := e.Summary()
	if p.Sources != 0 || len(p.Fixes) != 2 || p.Fixes[0].Finding != smb.Rule || p.Fixes[0].Open != 0 {
		t.Errorf("%+v", p)
	}
	none := relay.New(all.Checks())
	if p := none.Summary(); len(p.Fixes) != 0 {
		t.Errorf("an empty estate has fixes: %+v", p)
	}
}

// A quarter of a million hosts that are all exposed to each other: 2^36 paths in constant time and bounded memory.
func TestManyHosts(t *testing.T) {
	const n = 1 << 18
	e := relay.New(all.Checks())
	for i := range n {
		e.Include(windows(i, smb))
	}
	f := e.Summary().Fixes[0]
	if f.Open != n*(n-1) {
		t.Errorf("%d paths, want %d", f.Open, uint64(n*(n-1)))
	}
	lines := 0
	for range e.Lines() {
		lines++
	}
	if lines+int(e.Left()) != n || lines > 1<<17 {
		t.Errorf("%d lines and %d left out, of %d", lines, e.Left(), n)
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapInuse > 32<<20 {
		t.Errorf("%d MiB are in use", m.HeapInuse>>20)
	}
	runtime.KeepAlive(e)
}

// Every rule that opens a way is counted, and no other.
func TestEveryWayIsCounted(t *testing.T) {
	known := map[string]bool{}
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			known[r.ID] = true
			e := relay.New(all.Checks())
			e.Include(windows(1, found(r.ID, c.Name, 1)))
			if opens := r.Opens.To != check.ToNothing; opens != (len(e.Summary().Fixes) == 1) {
				t.Errorf("%s: opens %+v, and the estate counts %d fixes", r.ID, r.Opens, len(e.Summary().Fixes))
			}
		}
	}
	for _, f := range []signet.HostFinding{smb, ldap, web, epa, half} {
		if !known[f.Rule] {
			t.Errorf("no check has the rule %s", f.Rule)
		}
	}
}
