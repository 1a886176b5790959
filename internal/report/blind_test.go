package report_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/check"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/report/prose"
	"signet/internal/report/reporttest"
	"signet/internal/report/xlsx"
)

// dim are checks whose endpoints have in the dark what their facts name, by letters.
func dim() []check.Check {
	spot := func(c check.Check, blind ...check.Blind) check.Check {
		c.Blind = blind
		c.Blinded = func(f signet.Facts, _ signet.Verdict) (met uint32, err error) {
			for i := range blind {
				if bytes.Contains(f.AppendJSON(nil), []byte{'"', 'a' + byte(i), '"'}) {
					met |= 1 << i
				}
			}
			return met, nil
		}
		return c
	}
	list := reporttest.Checks()
	list[0] = spot(list[0], check.Blind{Lack: check.LacksAccount, What: "the seal at", One: "share", Many: "shares"},
		check.Blind{Lack: check.LacksWindows, What: "the nod of", One: "server", Many: "servers"}, check.Blind{Lack: check.NotAsked, What: "the back door"})
	list[1] = spot(list[1], check.Blind{Lack: check.LacksAccount, What: "the seal at", One: "page", Many: "pages"},
		check.Blind{Lack: check.LacksDepth, Depth: signet.Decoy, What: "the lock at", One: "page", Many: "pages"}, check.Blind{Lack: check.OnNoWire, What: "the mood of", One: "page", Many: "pages"})
	return list
}

func seen(name string, v signet.Verdict, facts string) *report.Line {
	return &report.Line{Observation: reporttest.At("10.0.0.1", 80, name, facts, signet.Answered), Judgement: signet.Judgement{Verdict: v}}
}

// A run says what holds of it, and nothing that does not.
func TestBlindIsTrueForTheRun(t *testing.T) {
	const view = "This is the view of one machine at one time; a host may answer another differently."
	heard := seen("http", signet.Undetermined, `["a"]`)
	heard.Source = signet.SourceCapture
	lost := seen("smb", signet.Undetermined, `["a"]`)
	lost.Outcome = signet.Broken
	all := []string{"smb", "http", "ldap"}
	for _, tt := range []struct {
		name   string
		lines  []*report.Line
		checks []string
		dark   uint64
		want   []string
	}{
		{"nothing was met", []*report.Line{seen("smb", signet.Guarded, `[]`), lost}, all, 0, []string{
			"Signet did not ask about any port beyond those of this run.", view}},
		{"silent addresses, and checks that were left out", []*report.Line{seen("smb", signet.Guarded, `["c"]`)}, []string{"smb"}, 3, []string{
			"Signet did not ask about the back door, the questions of checks http and ldap or any port beyond those of this run.",
			"This is the view of one machine at one time; 3 addresses that did not answer it may answer another."}},
		{"one word of two checks", []*report.Line{seen("smb", signet.Guarded, `["a"]`), seen("http", signet.Undetermined, `["a"]`), seen("http", signet.Undetermined, `["a"]`)}, all, 0, []string{
			"Only a logon with an account shows the seal at 1 share and 2 pages.", "Signet did not ask about any port beyond those of this run.", view}},
		{"all of it", []*report.Line{seen("smb", signet.Exposed, `["a","b","c"]`), seen("http", signet.Guarded, `["b","c"]`)}, all, 1, []string{
			"Only a logon with an account shows the seal at 1 share.", "In a further scan, --depth decoy would decide the lock at 1 page.",
			"Signet reads these answers as Microsoft documents them, and nobody verified them on a Windows host: the nod of 1 server.",
			"No answer on the wire shows the mood of 1 page, Restrict NTLM policies, IPsec or firewalls between other machines, which may stop a relay that looks possible.",
			"Signet did not ask about the back door or any port beyond those of this run.",
			"This is the view of one machine at one time; 1 address that did not answer it may answer another."}},
		{"hidden, and nothing exposed", []*report.Line{seen("http", signet.Guarded, `["c"]`)}, all, 0, []string{
			"No answer on the wire shows the mood of 1 page.", "Signet did not ask about any port beyond those of this run.", view}},
		{"files", []*report.Line{heard}, all, 0, []string{"Only a logon with an account shows the seal at 1 page.",
			"The files hold what was captured or noted, and nothing else of these hosts.", "A scan asks the hosts themselves."}},
		{"nothing asked, nothing heard", nil, all, 0, []string{"This run holds no answer of any endpoint, so it does not show how any is guarded."}},
		{"files beside a run", []*report.Line{heard, seen("smb", signet.Guarded, `[]`)}, all, 0, []string{"Only a logon with an account shows the seal at 1 page.",
			"Signet did not ask about any port beyond those of this run.",
			"This is the view of one machine at one time, and of files that hold only what was captured or noted; a host may answer another differently."}},
	} {
		b := report.NewBlind(dim())
		for _, l := range tt.lines {
			b.Note(l)
		}
		s := reporttest.Summary(tt.lines)
		s.Coverage.Addresses = s.Coverage.Alive + tt.dark
		h := reporttest.Header()
		h.Checks = tt.checks
		if got := b.Sentences(h, s); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// The reports that people read end with it, an empty one too.
func TestReportsEndWithWhatSignetCannotSee(t *testing.T) {
	sheet := func(page []byte) string {
		book, err := excelize.OpenReader(bytes.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		rows, err := book.GetRows("Summary")
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, r := range rows {
			b.WriteString(strings.Join(r, " ") + "\n")
		}
		return b.String()
	}
	for _, lines := range [][]*report.Line{nil, {seen("smb", signet.Exposed, `["a","b","c"]`), seen("http", signet.Guarded, `["b","c"]`)}} {
		s, h := reporttest.Summary(lines), reporttest.Header()
		b := report.NewBlind(dim())
		for _, l := range lines {
			b.Note(l)
		}
		for _, f := range []report.Format{prose.Text(), prose.Markdown(), html.Format(), xlsx.Format()} {
			var out bytes.Buffer
			reporttest.Write(t, f.Run(&out, &report.Options{Checks: dim(), Width: 240}), h, lines, s)
			page := out.String()
			if f.Name == "xlsx" {
				page = sheet(out.Bytes())
			}
			page = strings.ReplaceAll(page, "&#58;", ":") // as Markdown keeps text from being a link
			at := max(strings.Index(page, report.BlindTitle), strings.Index(page, strings.ToUpper(report.BlindTitle)))
			if at < 0 {
				t.Fatalf("%s: no such section", f.Name)
			}
			for _, want := range b.Sentences(h, s) {
				if !strings.Contains(page[at:], want) {
					t.Errorf("%s of %d lines lacks %q:\n%s", f.Name, len(lines), want, page[at:min(len(page), at+1200)])
				}
			}
		}
	}
}
