package report

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/check"
	"signet/internal/compare"
)

// poison sets every text in a value to what hides or turns text.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(hostile())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.ValueOf([]string{hostile()}).Convert(v.Type()))
		}
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.Struct:
		if _, ok := v.Interface().(netip.Addr); ok {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				poison(v.Field(i))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem())
		}
	}
}

// Whatever a peer says, of itself, of its endpoints or as a client, comes out of no format as it came where it cannot be seen.
func TestEveryDoorShowsEscapes(t *testing.T) {
	addr := netip.MustParseAddr("10.0.0.5")
	host := &signet.Host{Address: addr, Roles: []signet.HostRole{{Certain: true}}, Names: []signet.HostName{{}}, Endpoints: []signet.HostEndpoint{{Port: 445}}, Findings: []signet.HostFinding{{}}}
	poison(reflect.ValueOf(host))
	dc := *host
	dc.Roles = []signet.HostRole{{Role: check.RoleDomainController, Certain: true}}
	client := &signet.Client{Address: addr, Server: addr, Port: 445}
	poison(reflect.ValueOf(client))
	path := &signet.Path{}
	poison(reflect.ValueOf(path))
	path.Target.Addr = addr
	paths := &signet.Paths{Fixes: []signet.PathFix{{Open: 1}}}
	poison(reflect.ValueOf(paths))
	facts := signet.RawFacts(fmt.Sprintf(`{"server":"x\u202ey%sz","ntlm":{"dns_computer":"\u200b%[1]s"}}`, "\u202e\U000e0041\u200b"))
	raw := at("10.0.0.5", 8080, "http", "", signet.Answered)
	raw.Facts = facts
	raw.Name = hostile()
	foreign := at("10.0.0.5", 81, hostile(), "", signet.Answered)
	lines := append(sampleLines(), &Line{Observation: raw, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{hostile()}}, Disagreements: []string{hostile()}},
		&Line{Observation: foreign, Judgement: signet.Judgement{Verdict: signet.Exposed, Because: []string{hostile()}}})
	lost := unasked("10.0.0.77", 445, signet.Skipped, hostile())
	lost.Name, lost.Check = hostile(), hostile()
	lines = append(lines, lost)
	for name, make := range map[string]func(io.Writer) Handler{"text": newText, "markdown": newMarkdown, "html": newHTML, "csv": newCSV, "json": newJSON, "jsonl": func(w io.Writer) Handler { return NewJSONL(w) },
		"junit": newJUnit, "nmap": newNmap, "sarif": newSARIF, "ocsf": newOCSF, "opengraph": newOpenGraph, "xlsx": newXLSX} {
		var b bytes.Buffer
		w := make(&b)
		h := sampleHeader()
		h.All = true
		must := func(err error) {
			if err != nil {
				t.Fatal(name, err)
			}
		}
		must(w.Begin(h))
		for _, l := range lines {
			must(w.Endpoint(l))
		}
		must(w.Client(client))
		must(w.Host(host))
		must(w.Host(&dc))
		must(w.Paths(paths))
		must(w.Path(path))
		s := sampleSummary(lines)
		s.Unasked = []string{hostile()}
		must(w.End(s))
		if name == "xlsx" {
			unfit(t, []byte(cells(t, b.Bytes())))
			continue
		}
		if t.Run(name, func(t *testing.T) { unfit(t, b.Bytes()) }); !strings.Contains(b.String(), "u202e") {
			t.Errorf("%s shows no escape", name)
		}
	}
}

// cells are the texts of a workbook.
func cells(t *testing.T, file []byte) string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var b strings.Builder
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			b.WriteString(strings.Join(row, "\n") + "\n")
		}
	}
	return b.String()
}

// And out of no format of a diff.
func TestEveryDoorOfADiffShowsEscapes(t *testing.T) {
	var changes []*compare.Change
	for _, c := range sampleChanges() {
		poison(reflect.ValueOf(c))
		changes = append(changes, c)
	}
	for name, make := range diffWriters() {
		b := renderDiff(t, make, changes)
		if name == "xlsx" {
			b = []byte(cells(t, b))
		}
		t.Run(name, func(t *testing.T) { unfit(t, b) })
	}
}
