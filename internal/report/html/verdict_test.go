package html

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
)

// A host is what its worst endpoint is, and one without a guard is not guarded.
func TestHostVerdict(t *testing.T) {
	const e, u, g, n = signet.Exposed, signet.Undetermined, signet.Guarded, signet.Unseen
	for _, tt := range []struct {
		ends []signet.Verdict
		want signet.Verdict
	}{{[]signet.Verdict{n}, n}, {[]signet.Verdict{n, g}, g}, {[]signet.Verdict{g, u, n}, u}, {[]signet.Verdict{n, e, g, u}, e}} {
		var h host
		for _, v := range tt.ends {
			h.ends = append(h.ends, endpoint{verdict: v})
		}
		if got := h.verdict(); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.ends, got, tt.want)
		}
	}
	order := map[signet.Verdict]int{}
	for _, v := range signet.Verdicts() {
		order[v] = (&host{ends: []endpoint{{verdict: v}}}).risk()
	}
	if !(order[e] > order[u] && order[u] > order[g] && order[g] > order[n]) {
		t.Errorf("risks %v", order)
	}
}

// The leading sentence of the page claims a refusal only where every host has a guard.
func TestLeadClaimsNoGuard(t *testing.T) {
	for _, tt := range []struct {
		hosts report.Counts
		want  string
	}{
		{report.Counts{signet.Guarded: 3}, "^Every host that answered refuses relayed logons"},
		{report.Counts{signet.Guarded: 3, signet.Unseen: 1}, "3 hosts are guarded, and 1 host asked for no logon"},
		{report.Counts{signet.Unseen: 2}, "and no guard against relaying either"},
	} {
		got, _ := Lead(tt.hosts, tt.hosts.Total(), &report.Coverage{})
		if !regexp.MustCompile(tt.want).MatchString(got) {
			t.Errorf("%v: %q", tt.hosts, got)
		}
	}
}

// Every verdict has a colour of its own on the page.
func TestVerdictColours(t *testing.T) {
	css, _ := assets.ReadFile("assets/page.css")
	js, _ := assets.ReadFile("assets/page.js")
	for _, v := range signet.Verdicts() {
		for _, rule := range []string{".tile.%s{", ".bar .%s,", ".tag.%s{", ".end.%s{", "--%sbg:"} {
			if !bytes.Contains(css, fmt.Appendf(nil, rule, v)) {
				t.Errorf("page.css lacks "+rule, v)
			}
		}
	}
	words := make([]string, len(signet.Verdicts()))
	for _, v := range signet.Verdicts() {
		words[v] = `"` + v.String() + `"`
	}
	if want := "verdicts = [" + strings.Join(words, ", ") + "]"; !bytes.Contains(js, []byte(want)) {
		t.Errorf("page.js lacks %s", want)
	}
}
