package prose

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// byHost renders endpoints under their hosts. A host line comes for those that have a name.
func byHost(t *testing.T, f report.Format, all bool, names map[string]string, lines ...*report.Line) string {
	t.Helper()
	var b bytes.Buffer
	o := reporttest.Options()
	o.By, o.Origin = report.ByHost, report.Origin{Command: "signet report", Stored: true}
	w := f.Run(&b, o)
	h := &report.Header{Run: "RUN", Targets: []string{"10.0.0.0/24"}, All: all}
	if err := w.Begin(h); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range lines {
		if name := names[l.Addr.String()]; name != "" {
			if err := w.Host(&signet.Host{Address: l.Addr, Name: name, OS: "Samba", Roles: []signet.HostRole{{Role: "file-server", Certain: true}, {Role: "mail-server"}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.End(reporttest.Summary(lines)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// at is a line at another port.
func at(port uint16, l *report.Line) *report.Line {
	l.Port = port
	return l
}

// The view by host begins with the worst host, and says of each what it is, how it stands and which of its endpoints break what.
func TestHostsWithTheirEndpoints(t *testing.T) {
	whole := standing("10.0.0.5", signet.Exposed, "-smb-signing-not-required")
	lines := []*report.Line{
		at(443, standing("10.0.0.1", signet.Undetermined)),
		at(80, standing("10.0.0.2", signet.Exposed, "http-ntlm-plain", "http-ntlm-plain")), at(445, standing("10.0.0.2", signet.Guarded)),
		at(445, standing("10.0.0.3", signet.Exposed, "smb-signing-not-required", "smb1-enabled")), at(80, standing("10.0.0.3", signet.Undetermined)),
		at(445, standing("10.0.0.4", signet.Guarded)), at(80, standing("10.0.0.6", signet.Unseen)),
		at(445, whole),
	}
	names := map[string]string{"10.0.0.3": "fs3.corp.example", "10.0.0.4": "fs4.corp.example"}
	for name, want := range map[string][]string{
		"text": {"\nHOSTS  the worst first: 3 exposed, 1 undetermined, 1 guarded, 1 unseen\n",
			"\n  10.0.0.3 fs3.corp.example  file-server; mail-server (likely); Samba; exposed, worst finding high\n" +
				"          445   http  exposed       Title (smb-signing-not-required, high); Title (smb1-enabled, high)\n" +
				"          80    http  undetermined  the reason of 10.0.0.3\n",
			"\n\n  10.0.0.2  exposed, worst finding high\n          80    http  exposed       Title (http-ntlm-plain, high)\n          1 endpoint more is guarded or unseen\n",
			"\n\n  10.0.0.5  exposed\n          445   http  exposed       Title (smb-signing-not-required, accepted until 2026-06-30)\n",
			"\n\n  10.0.0.1  undetermined\n          443   http  undetermined  the reason of 10.0.0.1\n",
			"\n  … and 2 hosts that are guarded or unseen: signet report RUN --by host --all\n\nWHAT SIGNET"},
		"markdown": {"\n## Hosts: 3 exposed, 1 undetermined, 1 guarded, 1 unseen\n",
			"\n| `10.0.0.3` fs3.corp.example: file-server; mail-server \\(likely\\); Samba; exposed, worst finding high | `10.0.0.3:445` | http | exposed | Title \\(smb-signing-not-required, high\\); Title \\(smb1-enabled, high\\) |\n",
			"\n|  | `10.0.0.3:80` | http | undetermined | the reason of 10.0.0.3 |\n| `10.0.0.2`: exposed, worst finding high | `10.0.0.2:80` |",
			"\n| `10.0.0.5`: exposed | `10.0.0.5:445` |", "\n| `10.0.0.1`: undetermined | `10.0.0.1:443` | http | undetermined | the reason of 10.0.0.1 |\n",
			"\n… and 2 hosts that are guarded or unseen: signet report RUN --by host --all.\n"},
	} {
		f := Text()
		if name == "markdown" {
			f = Markdown()
		}
		out := byHost(t, f, false, names, lines...)
		from := 0
		for _, w := range want {
			i := strings.Index(out[from:], w)
			if i < 0 {
				t.Fatalf("%s lacks %q, or it stands earlier:\n%s", name, w, out)
			}
			from += i + len(w) - 1
		}
		if strings.Contains(out, "10.0.0.4") || strings.Contains(strings.ToUpper(out), "\nEXPOSED") || strings.Contains(out, "RUN -o csv") {
			t.Errorf("%s lists what is guarded, or lists by finding too:\n%s", name, out)
		}
		for _, w := range []string{"10.0.0.4", "the reason of 10.0.0.2", "the reason of 10.0.0.6"} {
			if all := byHost(t, f, true, names, lines...); !strings.Contains(all, w) || strings.Contains(all, "… and ") {
				t.Errorf("%s of all lacks %s:\n%s", name, w, all)
			}
		}
	}
}

// Of more hosts than anybody reads the worst are shown, whatever order they come in.
func TestOfManyHostsTheWorstAreShown(t *testing.T) {
	var lines []*report.Line
	for i := range 3 * mostHosts {
		l := standing(fmt.Sprintf("10.0.%d.%d", i/250, i%250), signet.Undetermined)
		if i%100 == 99 {
			l = standing(l.Addr.String(), signet.Exposed, "smb-signing-not-required")
		}
		lines = append(lines, l)
	}
	for _, f := range []report.Format{Text(), Markdown()} {
		out := byHost(t, f, false, nil, lines...)
		for _, want := range []string{"10.0.0.99", "10.0.0.199", "10.0.1.49", "10.0.1.149", "10.0.1.249", "10.0.2.99", "10.0.0.0"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %s", f.Name, want)
			}
		}
		if n := strings.Count(out, "the reason of "); n > mostHosts || n < mostHosts/2 {
			t.Errorf("%s shows %d hosts without a verdict", f.Name, n)
		} else if want := fmt.Sprintf("… and %d more: signet report RUN -o csv", len(lines)-6-n); !strings.Contains(out, want) {
			t.Errorf("%s lacks %q:\n%.3000s", f.Name, want, out)
		}
	}
}

// A host of more endpoints than anybody reads is shown with the worst of them, and says how many more there are.
func TestHostOfManyEndpoints(t *testing.T) {
	var lines []*report.Line
	for i := range mostHostRows + 2 {
		l := at(uint16(1000+i), standing("10.0.0.1", signet.Undetermined))
		if i%100 == 99 {
			l = at(l.Port, standing("10.0.0.1", signet.Exposed, "smb-signing-not-required"))
		}
		lines = append(lines, l)
	}
	for _, f := range []report.Format{Text(), Markdown()} {
		for all, most := range map[bool]int{false: mostHostEnds, true: mostHostRows} {
			out := byHost(t, f, all, nil, lines...)
			shown := strings.Count(out, "the reason of ") + strings.Count(out, "smb-signing-not-required, high")
			if want := fmt.Sprintf("… and %d more: signet report RUN -o csv", len(lines)-most); shown != most || strings.Count(out, "smb-signing-not-required, high") != 10 || !strings.Contains(out, want) {
				t.Errorf("%s, all %v: %d endpoints shown, want %d and %q:\n%.2000s", f.Name, all, shown, most, want, out)
			}
		}
	}
}

// What somebody accepted at a guarded endpoint is told.
func TestAcceptedAtGuardedHosts(t *testing.T) {
	for _, f := range []report.Format{Text(), Markdown()} {
		out := byHost(t, f, false, nil, standing("10.0.0.1", signet.Guarded, "-smb1-enabled"), standing("10.0.0.2", signet.Guarded))
		if !strings.Contains(out, "accepted until 2026-06-30") || !strings.Contains(out, "… and 1 host that is guarded") {
			t.Errorf("%s:\n%s", f.Name, out)
		}
	}
}
