package estate_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check/all"
	"signet/internal/estate"
)

func sampleEstate(t testing.TB) *estate.Estate {
	t.Helper()
	return estate.New(all.Checks(), []estate.Source{{Reading: read(t, sampleText(t)), Judge: baseline(t)}})
}

func allHosts(t testing.TB, e *estate.Estate, f *estate.HostFilter, n int) (list []estate.Host) {
	t.Helper()
	for after := ""; ; {
		page, err := e.HostsPage(f, after, n)
		if err != nil {
			t.Fatal(err)
		}
		if list = append(list, page.Items...); len(page.Items) > n && n > 0 {
			t.Fatalf("a page of %d has %d", n, len(page.Items))
		}
		if after = page.Next; after == "" {
			if got := e.CountHosts(f); got != len(list) {
				t.Errorf("%+v: %d hosts are counted, %d listed", *f, got, len(list))
			}
			return list
		}
	}
}

// Hosts come the worst first, each once, whatever the size of a page; each is found by its ID and its address.
func TestHostsAreListed(t *testing.T) {
	e := sampleEstate(t)
	whole := allHosts(t, e, &estate.HostFilter{}, 0)
	if len(whole) != e.Hosts() || len(whole) < 80 {
		t.Fatalf("%d hosts of %d", len(whole), e.Hosts())
	}
	ids := map[estate.ID]bool{}
	rank := func(h *estate.Host) int {
		worst := -1
		for _, f := range h.Findings {
			worst = max(worst, int(f.Severity))
		}
		return h.Verdict.Rank()*100 - worst
	}
	for i := range whole {
		h := &whole[i]
		verdict := signet.Unseen
		for _, p := range h.Endpoints {
			verdict = verdict.Worse(p.Verdict)
		}
		if verdict != h.Verdict || h.Seen.IsZero() || len(h.Runs) != 1 {
			t.Errorf("host %s is %s, its worst endpoint %s; %+v", h.Address, h.Verdict, verdict, h.Seen)
		}
		if i > 0 && (rank(&whole[i-1]) > rank(h) || rank(&whole[i-1]) == rank(h) && whole[i-1].Address.Compare(h.Address) >= 0) {
			t.Errorf("%s comes before %s", whole[i-1].Address, h.Address)
		}
		byID, ok := e.Host(h.ID)
		byAddr, known := e.HostAt(h.Address)
		if !ok || !known || byID.Address != h.Address || byAddr.ID != h.ID || ids[h.ID] {
			t.Errorf("host %s by its ID is %s, by its address %s", h.Address, byID.Address, byAddr.ID)
		}
		ids[h.ID] = true
		if id, ok := estate.ParseID(h.ID.String()); !ok || id != h.ID {
			t.Errorf("ID %s is read as %s", h.ID, id)
		}
	}
	for _, n := range []int{1, 7, 500, 501} {
		got := allHosts(t, e, &estate.HostFilter{}, n)
		if !slices.EqualFunc(got, whole, func(a, b estate.Host) bool { return a.ID == b.ID }) {
			t.Errorf("in pages of %d there are other hosts", n)
		}
	}
	if _, ok := e.Host(estate.ID{1}); ok {
		t.Error("there is a host of an ID that was made up")
	}
	if _, ok := e.HostAt(netip.MustParseAddr("192.0.2.1")); ok {
		t.Error("there is a host at an address that nobody asked")
	}
	for _, bad := range []string{"", "x", strings.Repeat("0", 31), strings.Repeat("A", 32), strings.Repeat("0", 34)} {
		if _, ok := estate.ParseID(bad); ok {
			t.Errorf("%q is read as an ID", bad)
		}
	}
}

// Each filter picks what going through all hosts picks.
func TestHostFilters(t *testing.T) {
	e := sampleEstate(t)
	whole := allHosts(t, e, &estate.HostFilter{}, 0)
	named := func(h *estate.Host, q string) bool {
		list := []string{h.Address.String(), h.Name}
		for _, n := range h.Names {
			if n.Kind == "dns" || n.Kind == "netbios" || n.Kind == "alias" {
				list = append(list, n.Name)
			}
		}
		return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(q)) })
	}
	for _, tt := range []struct {
		name string
		f    estate.HostFilter
		is   func(*estate.Host) bool
	}{
		{"a name", estate.HostFilter{Q: "Dc1"}, func(h *estate.Host) bool { return named(h, "dc1") }},
		{"the middle of a name", estate.HostFilter{Q: "lab.EX"}, func(h *estate.Host) bool { return named(h, "lab.ex") }},
		{"the beginning of an address", estate.HostFilter{Q: "127.20.2."}, func(h *estate.Host) bool { return named(h, "127.20.2.") }},
		{"an IPv6 address", estate.HostFilter{Q: "fd00:20"}, func(h *estate.Host) bool { return named(h, "fd00:20") }},
		{"verdicts", estate.HostFilter{Verdicts: []signet.Verdict{signet.Undetermined, signet.Guarded}}, func(h *estate.Host) bool { return h.Verdict == signet.Undetermined || h.Verdict == signet.Guarded }},
		{"a role", estate.HostFilter{Role: "domain-controller"}, func(h *estate.Host) bool { return h.Has("domain-controller") }},
		{"a rule", estate.HostFilter{Rule: "smb1-enabled"}, func(h *estate.Host) bool {
			return slices.ContainsFunc(h.Findings, func(f signet.HostFinding) bool { return f.Rule == "smb1-enabled" })
		}},
		{"a subnet", estate.HostFilter{Within: netip.MustParsePrefix("127.20.4.0/24")}, func(h *estate.Host) bool { return strings.HasPrefix(h.Address.String(), "127.20.4.") }},
		{"all of it", estate.HostFilter{Q: "lab", Verdicts: []signet.Verdict{signet.Exposed}, Role: "domain-controller", Rule: "ldap-signing-not-required", Within: netip.MustParsePrefix("127.20.0.0/16")}, func(h *estate.Host) bool {
			return named(h, "lab") && h.Verdict == signet.Exposed && h.Has("domain-controller") && slices.ContainsFunc(h.Findings, func(f signet.HostFinding) bool { return f.Rule == "ldap-signing-not-required" })
		}},
	} {
		var want []string
		for i := range whole {
			if tt.is(&whole[i]) {
				want = append(want, whole[i].Address.String())
			}
		}
		var got []string
		for _, h := range allHosts(t, e, &tt.f, 2) {
			got = append(got, h.Address.String())
		}
		if !slices.Equal(got, want) || len(want) == 0 || len(want) == len(whole) {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
	for _, q := range []string{"nothing is called so", "\n", "1\n1"} {
		if got := allHosts(t, e, &estate.HostFilter{Q: q}, 0); len(got) > 0 {
			t.Errorf("%q finds %d hosts", q, len(got))
		}
	}
}

// A host keeps its ID at another address, with another GUID or none, and when its SMB is silent; two that show the same have two.
func TestIDsOfHosts(t *testing.T) {
	id := func(ends string) map[string]estate.ID {
		e := estate.New(all.Checks(), []estate.Source{scan{id: "run", at: "09:00", ends: ends}.source(t, "")})
		list := map[string]estate.ID{}
		for _, h := range allHosts(t, e, &estate.HostFilter{}, 0) {
			list[h.Address.String()] = h.ID
		}
		return list
	}
	fs1 := id("10.0.0.1 fs1 445 weak")["10.0.0.1"]
	if want := "61df98092596fb0d5b60729f46429237"; fs1.String() != want { // it stands in links
		t.Errorf("an ID is %s", fs1)
	}
	if got := id("10.0.0.2 fs1 445 strong")["10.0.0.2"]; got != fs1 {
		t.Error("at another address it has another ID")
	}
	if got := id("10.0.0.1 fs1 80 no/")["10.0.0.1"]; got != fs1 {
		t.Error("where only its web server answers it has another ID")
	}
	if got := id("10.0.0.1 fs2 445 weak")["10.0.0.1"]; got == fs1 {
		t.Error("another host at the address has its ID")
	}
	two := id("10.0.0.1 fs1 445 weak\n10.0.0.2 fs1 445 weak")
	if two["10.0.0.1"] == two["10.0.0.2"] || two["10.0.0.1"] == fs1 || two["10.0.0.2"] == fs1 {
		t.Errorf("two that show the same have the IDs %v, one alone has %s", two, fs1)
	}
	mute := id("10.0.0.1 - 445 weak\n10.0.0.2 - 445 weak")
	if mute["10.0.0.1"] == mute["10.0.0.2"] || mute["10.0.0.1"] != id("10.0.0.1 - 445 strong")["10.0.0.1"] {
		t.Errorf("two that show nothing have the IDs %v", mute)
	}
}

// Of several runs the coverage of each site counts, and of no site that of the newest of the same targets and checks.
func TestCoverageOfSeveral(t *testing.T) {
	with := func(s estate.Source, asked uint64) estate.Source {
		c := *s.Reading
		c.Head.Coverage.Asked, c.Head.Coverage.Outcomes[signet.Silent], c.Head.Coverage.Undetermined = asked, asked, 99
		s.Reading = &c
		return s
	}
	in := []estate.Source{
		with(scan{id: "hq", at: "09:00", targets: "10.0.0.0/24", ends: "10.0.0.1 fs1 445 weak\n10.0.0.2 fs2 445 broken"}.source(t, "hq"), 1),
		with(scan{id: "older", at: "08:00", targets: "10.0.0.0/24", ends: "10.0.0.1 fs1 445 weak"}.source(t, "hq"), 2),
		with(scan{id: "dmz", at: "09:00", targets: "10.0.0.0/24", ends: "10.0.1.1 fs3 445 weak"}.source(t, "dmz"), 4),
		with(scan{id: "cli1", at: "10:00", targets: "10.2.0.0/24 x", ends: "10.2.0.1 a 445 weak"}.source(t, ""), 8),
		with(scan{id: "cli2", at: "11:00", targets: "x 10.2.0.0/24", ends: "10.2.0.2 b 445 strong"}.source(t, ""), 16),
		with(scan{id: "cli3", at: "11:00", targets: "y", ends: "10.3.0.1 c 445 weak"}.source(t, ""), 32),
		with(scan{id: "hidden", at: "07:00", targets: "z", ends: "10.3.0.1 c 445 weak"}.source(t, ""), 64),
		with(scan{id: "empty", at: "07:00", targets: "w"}.source(t, ""), 128),
		with(scan{id: "verify", at: "12:00", targets: "10.0.0.1", ends: "10.0.0.1 fs1 445 strong"}.verified(t, "hq", "10.0.0.1:445", "smb"), 256),
	}
	o := estate.New(all.Checks(), in).Overview()
	if want := uint64(1 + 4 + 16 + 32 + 128); o.Coverage.Asked != want || o.Coverage.Outcomes[signet.Silent] != want {
		t.Errorf("asked: %d, silent: %d, want %d", o.Coverage.Asked, o.Coverage.Outcomes[signet.Silent], want)
	}
	if o.Coverage.Undetermined != 1 || o.Verdicts[signet.Undetermined] != 1 || o.Hosts != o.Verdicts || o.Hosts.Total() != 6 {
		t.Errorf("undetermined: %d, endpoints %v, hosts %v", o.Coverage.Undetermined, o.Verdicts, o.Hosts)
	}
	var sites []string
	for _, s := range o.Sites {
		sites = append(sites, fmt.Sprintf("%s %s %s %v", s.Site, s.Run, s.Started.Format("15:04"), s.Verdicts))
	}
	if got, want := strings.Join(sites, "\n"), " cli3 11:00 [0 1 2 0]\ndmz dmz 09:00 [0 0 1 0]\nhq hq 09:00 [1 1 0 0]"; got != want {
		t.Errorf("the sites are\n%s\nwant\n%s", got, want)
	}
	if o.Since.Format("15:04") != "09:01" || o.Until.Format("15:04") != "12:01" {
		t.Errorf("observed between %s and %s", o.Since, o.Until)
	}
	if p := in[0].Reading.Point(); p.Run != "hq" || p.Verdicts != [4]uint64{1, 0, 1, 0} {
		t.Errorf("the point of a run is %+v", p)
	}
	if len(o.Steps) != 1 || o.Steps[0].Rule != "smb-signing-not-required" || o.Steps[0].Exposed != 3 {
		t.Errorf("the steps are %+v", o.Steps)
	}
}
