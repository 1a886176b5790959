package report_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/check"
	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// poison sets every text in a value to what hides or turns text.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(reporttest.Hostile())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.ValueOf([]string{reporttest.Hostile()}).Convert(v.Type()))
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
	raw := reporttest.At("10.0.0.5", 8080, "http", "", signet.Answered)
	raw.Facts = facts
	raw.Name = reporttest.Hostile()
	foreign := reporttest.At("10.0.0.5", 81, reporttest.Hostile(), "", signet.Answered)
	lines := append(reporttest.Lines(), &report.Line{Observation: raw, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{reporttest.Hostile()}}, Disagreements: []string{reporttest.Hostile()}},
		&report.Line{Observation: foreign, Judgement: signet.Judgement{Verdict: signet.Exposed, Because: []string{reporttest.Hostile()}}})
	lost := reporttest.Unasked("10.0.0.77", 445, signet.Skipped, reporttest.Hostile())
	lost.Name, lost.Check = reporttest.Hostile(), reporttest.Hostile()
	lines = append(lines, lost)
	for _, f := range formats() {
		if f.Name == "list" { // it has no text
			continue
		}
		var b bytes.Buffer
		w := f.Run(&b, reporttest.Options())
		h := reporttest.Header()
		h.All = true
		must := func(err error) {
			if err != nil {
				t.Fatal(f.Name, err)
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
		s := reporttest.Summary(lines)
		s.Unasked = []string{reporttest.Hostile()}
		must(w.End(s))
		if f.Name == "xlsx" {
			reporttest.Fit(t, []byte(cells(t, b.Bytes())))
			continue
		}
		if t.Run(f.Name, func(t *testing.T) { reporttest.Fit(t, b.Bytes()) }); !strings.Contains(b.String(), "u202e") {
			t.Errorf("%s shows no escape", f.Name)
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
	for _, c := range reporttest.Changes() {
		poison(reflect.ValueOf(c))
		changes = append(changes, c)
	}
	for _, f := range formats() {
		b := reporttest.RenderDiff(t, f, changes)
		if f.Name == "xlsx" {
			b = []byte(cells(t, b))
		}
		t.Run(f.Name, func(t *testing.T) { reporttest.Fit(t, b) })
	}
}
