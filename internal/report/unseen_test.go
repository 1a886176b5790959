package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"signet"
)

// of is a line with a verdict at an address.
func of(addr string, v signet.Verdict) *Line {
	o := at(addr, 80, "http", "", signet.Answered)
	return &Line{Observation: o, Judgement: signet.Judgement{Verdict: v, Because: []string{"the reason of " + addr}}}
}

// four is a run that holds each verdict.
func four() []*Line {
	return []*Line{of("10.0.0.1", signet.Exposed), of("10.0.0.2", signet.Undetermined), of("10.0.0.3", signet.Guarded), of("10.0.0.4", signet.Unseen)}
}

func newText(w io.Writer) Handler { return NewText(w, stubChecks(), 120, false) }

// Every report tells what is unseen from what is guarded: no reader takes the lack of a guard for one.
func TestUnseenIsToldEverywhere(t *testing.T) {
	for name, c := range map[string]struct {
		make func(io.Writer) Handler
		want []string
	}{
		"text":     {newText, []string{"1 exposed, 1 undetermined, 1 guarded, 1 unseen", "UNSEEN  1 endpoint: 1 http"}},
		"markdown": {newMarkdown, []string{"**1 exposed**, 1 undetermined, 1 guarded, 1 unseen."}},
		"html":     {newHTML, []string{`<li class="tile unseen"><b>1</b>host unseen, 1 endpoint`, `<rect class="unseen"`, "<b>Unseen</b>", "<option>unseen</option>"}},
		"jsonl":    {func(w io.Writer) Handler { return NewJSONL(w) }, []string{`"verdict":"unseen"`, `"verdicts":{"exposed":1,"guarded":1,"unseen":1,"undetermined":1}`}},
		"json":     {func(w io.Writer) Handler { return NewJSON(w) }, []string{`"unseen":1`}},
		"csv":      {func(w io.Writer) Handler { return NewCSV(w, NewRulebook(stubChecks())) }, []string{",unseen,the reason of 10.0.0.4"}},
		"sarif":    {func(w io.Writer) Handler { return NewSARIF(w, NewRulebook(stubChecks())) }, []string{`"unseen":1`}},
		"junit":    {func(w io.Writer) Handler { return NewJUnit(w, NewRulebook(stubChecks())) }, []string{"unseen\nthe reason of 10.0.0.4"}},
		"nmap":     {func(w io.Writer) Handler { return NewNmap(w) }, []string{`<elem key="verdict">unseen</elem>`}},
		"ocsf":     {func(w io.Writer) Handler { return NewOCSF(w, NewRulebook(stubChecks())) }, []string{`"title":"No NTLM and no guard was seen"`, `"status_id":0,"status":"Unknown"`}},
	} {
		var b bytes.Buffer
		write(t, c.make(&b), sampleHeader(), four(), sampleSummary(four()))
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q:\n%.4000s", name, want, b.String())
			}
		}
	}
}

// What is guarded and what is unseen is listed with its reasons where that is asked for, and else only counted.
func TestAllListsGuardedAndUnseen(t *testing.T) {
	for name, make := range map[string]func(io.Writer) Handler{"text": newText, "markdown": newMarkdown} {
		for _, all := range []bool{false, true} {
			h := sampleHeader()
			h.All = all
			var b bytes.Buffer
			write(t, make(&b), h, four(), sampleSummary(four()))
			for _, addr := range []string{"10.0.0.3", "10.0.0.4"} {
				if listed := strings.Contains(b.String(), "the reason of "+addr); listed != all {
					t.Errorf("%s, all %v: %s is listed: %v", name, all, addr, listed)
				}
			}
		}
	}
}

// A host is what its worst endpoint is, and one without a guard is not guarded.
func TestHostVerdict(t *testing.T) {
	const e, u, g, n = signet.Exposed, signet.Undetermined, signet.Guarded, signet.Unseen
	for _, tt := range []struct {
		ends []signet.Verdict
		want signet.Verdict
	}{{[]signet.Verdict{n}, n}, {[]signet.Verdict{n, g}, g}, {[]signet.Verdict{g, u, n}, u}, {[]signet.Verdict{n, e, g, u}, e}} {
		var h htmlHost
		for _, v := range tt.ends {
			h.ends = append(h.ends, htmlEnd{verdict: v})
		}
		if got := h.verdict(); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.ends, got, tt.want)
		}
	}
	order := map[signet.Verdict]int{}
	for _, v := range signet.Verdicts() {
		order[v] = (&htmlHost{ends: []htmlEnd{{verdict: v}}}).risk()
	}
	if !(order[e] > order[u] && order[u] > order[g] && order[g] > order[n]) {
		t.Errorf("risks %v", order)
	}
}

// A controller whose directory was not asked, or answered without a guard, is none that is guarded.
func TestControllerWithoutGuard(t *testing.T) {
	var b bytes.Buffer
	text := NewText(&b, stubChecks(), 120, false)
	h := sampleHeader()
	if err := text.Begin(h); err != nil {
		t.Fatal(err)
	}
	host := &signet.Host{Address: at("10.0.0.1", 445, "smb", "", signet.Answered).Addr, Name: "dc1", Domain: "corp.example",
		Roles: []signet.HostRole{{Role: "domain-controller", Certain: true}}, Endpoints: []signet.HostEndpoint{{Port: 445, Check: "smb", Verdict: signet.Guarded}}}
	if err := text.Host(host); err != nil {
		t.Fatal(err)
	}
	if err := text.End(sampleSummary(nil)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "corp.example: unseen (1 controller asked: 0 weak, 0 undetermined, 0 guarded, 1 unseen)") {
		t.Error(b.String())
	}
}

// The leading sentence of the page claims a refusal only where every host has a guard.
func TestLeadClaimsNoGuard(t *testing.T) {
	for _, tt := range []struct {
		hosts Counts
		want  string
	}{
		{Counts{signet.Guarded: 3}, "^Every host that answered refuses relayed logons"},
		{Counts{signet.Guarded: 3, signet.Unseen: 1}, "3 hosts are guarded, and at 1 host no logon was asked for"},
		{Counts{signet.Unseen: 2}, "no guard was seen either"},
	} {
		got, _ := lead(tt.hosts, tt.hosts.total(), &Summary{})
		if !regexp.MustCompile(tt.want).MatchString(got) {
			t.Errorf("%v: %q", tt.hosts, got)
		}
	}
}

// Every verdict has a colour of its own, in the text and on the page.
func TestVerdictColours(t *testing.T) {
	seen := map[string]signet.Verdict{}
	css, _ := htmlFiles.ReadFile("html/page.css")
	js, _ := htmlFiles.ReadFile("html/page.js")
	for _, v := range signet.Verdicts() {
		painted := style(true).verdict(v, "x")
		if other, twice := seen[painted]; twice {
			t.Errorf("%s looks like %s", v, other)
		}
		seen[painted] = v
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
