package pages

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/notify"
	"signet/internal/report"
	"signet/internal/report/xlsx"
	"signet/internal/text"
)

// Report says what became of a site's board, or ("") of the whole, since a time, for somebody who reads it elsewhere: as the page of a report
// does, with a file in html, csv or xlsx.
func (p *Pages) Report(ctx context.Context, site string, since time.Time, format string) (*hub.Report, error) {
	who := desk.System()
	if site != "" { // nothing of any other is looked at
		who.Sites = []string{site}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/reports/board", nil)
	if err != nil {
		return nil, err
	}
	a := &ask{Request: r, who: who}
	of, board, err := p.reportTo(a, site, since, since.UTC().Format("2006-01-02 15:04 UTC"))
	if err != nil {
		return nil, err
	}
	out := &hub.Report{Lead: of.Lead, Lines: of.lines(), File: notify.File{Name: reportFile(of.Made, format)}}
	var b bytes.Buffer
	switch format {
	case "csv":
		out.File.Type = "text/csv; charset=utf-8"
		err = of.csv(&b, p, a, board, since)
	case "xlsx":
		out.File.Type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		err = of.xlsx(&b, p, a, board, since)
	default:
		out.File.Type = "text/html; charset=utf-8"
		p.alone(of)
		err = p.pages["boardreport"].ExecuteTemplate(&b, "alone.tmpl", &view{Version: p.version, Title: of.title(), Body: of})
	}
	out.File.Body = b.Bytes()
	return out, err
}

// lines say the report in short.
func (b *boardReport) lines() []string {
	var open, changed, closed []string
	for _, s := range b.Severities {
		open = append(open, text.Grouped(s.N)+" "+s.Word)
	}
	for _, k := range b.Changed {
		changed = append(changed, text.Grouped(k.N)+" "+k.Title)
	}
	for _, c := range b.Closed {
		closed = append(closed, fmt.Sprintf("%d of %s", c.N, c.Rule))
	}
	or := func(list []string, none string) string { return cmp.Or(strings.Join(list, ", "), none) }
	lines := []string{"Open findings: " + or(open, "none"), "Changed since " + b.Since + ": " + or(changed, "nothing"), "Closed since then: " + or(closed, "nothing")}
	for _, l := range b.Late {
		lines = append(lines, fmt.Sprintf("Overdue with %s: %d, the worst %s, the latest by %s", cmp.Or(l.Owner, "nobody"), l.N, l.Worst, text.Count(uint64(l.Days), "day", "days")))
	}
	if len(b.Late) == 0 {
		lines = append(lines, "Overdue: nothing")
	}
	if b.Unowned > 0 {
		lines = append(lines, fmt.Sprintf("Open, and nobody owns it: %d", b.Unowned))
	}
	return lines
}

// boardColumns are those of a board as a table.
func boardColumns() []string {
	return []string{"site", "state", "severity", "rule", "title", "address", "port", "name", "check", "where", "owner", "ticket", "due", "days_late", "comment", "first_seen", "seen", "closed", "accepted_by", "accepted_until"}
}

// table gives each row of a board that is not closed, or was closed since, to add, until that fails.
func (b *boardReport) table(p *Pages, a *ask, board *estate.Board, since time.Time, add func(row []string) error) error {
	names := p.siteNames(a)
	today := b.Made.Format(time.DateOnly)
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	for after := ""; ; {
		got, err := board.Page(&estate.RowFilter{}, after, estate.MostPage)
		if err != nil {
			return err
		}
		for i := range got.Items {
			r := &got.Items[i]
			if r.State == estate.Closed && r.Closed.Before(since) {
				continue
			}
			said, late := p.Desk.Row(r.ID.String()), ""
			if due, err := time.Parse(time.DateOnly, said.Due); err == nil && said.Due < today && r.State != estate.Closed && r.State != estate.Excepted {
				late = strconv.Itoa(int(b.Made.Sub(due) / (24 * time.Hour)))
			}
			row := []string{names[r.Site], r.State.String(), r.Severity.String(), r.Rule, r.Title, r.Endpoint.Addr.String(), strconv.Itoa(int(r.Endpoint.Port)), r.Name, r.Check, r.Where, r.Owner, said.Ticket, said.Due, late, said.Comment,
				stamp(r.First), stamp(r.Seen), stamp(r.Closed), "", ""}
			if x := r.Exception; x != nil {
				row[len(row)-2], row[len(row)-1] = x.Owner, x.Until
			}
			for i := range row {
				row[i] = report.Cell(row[i])
			}
			if err := add(row); err != nil {
				return err
			}
		}
		if after = got.Next; after == "" {
			return nil
		}
	}
}

// csv writes the board as a table.
func (b *boardReport) csv(to *bytes.Buffer, p *Pages, a *ask, board *estate.Board, since time.Time) error {
	w := csv.NewWriter(to)
	if err := w.Write(boardColumns()); err != nil {
		return err
	}
	if err := b.table(p, a, board, since, w.Write); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// xlsx writes the report as a workbook: what is said in short, what is overdue by owner, what was closed by rule, and the board.
func (b *boardReport) xlsx(to *bytes.Buffer, p *Pages, a *ask, board *estate.Board, since time.Time) error {
	lead := [][2]string{{"Report", report.Cell("How " + b.Of + " stands against relayed logons")}, {"As of", b.Made.Format("2006-01-02 15:04:05 UTC")}, {"By", report.Cell(strings.Join(b.Policies, ", "))}, {"In short", report.Cell(b.Lead)}, {"", report.Cell(b.Sub)}}
	for _, line := range b.lines() {
		label, value, _ := strings.Cut(line, ": ")
		lead = append(lead, [2]string{report.Cell(label), report.Cell(value)})
	}
	late := xlsx.Table{Name: "Overdue", Columns: []xlsx.Column{{Title: "Owner", Width: 30}, {Title: "Findings", Width: 10}, {Title: "Worst", Width: 10}, {Title: "Days late, at most", Width: 12}, {Title: "Rules", Width: 60, Wraps: true}}}
	for _, l := range b.Late {
		late.Rows = append(late.Rows, []any{report.Cell(cmp.Or(l.Owner, "nobody")), l.N, l.Worst, l.Days, report.Cell(strings.Join(l.Rules, ", "))})
	}
	closed := xlsx.Table{Name: "Closed", Columns: []xlsx.Column{{Title: "Rule", Width: 40}, {Title: "Title", Width: 60, Wraps: true}, {Title: "Severity", Width: 10}, {Title: "Findings", Width: 10}}}
	for _, c := range b.Closed {
		closed.Rows = append(closed.Rows, []any{report.Cell(c.Rule), report.Cell(c.Title), c.Severity, c.N})
	}
	rows := xlsx.Table{Name: "Board"}
	for _, c := range boardColumns() {
		width := map[string]float64{"rule": 34, "title": 50, "name": 28, "where": 40, "comment": 40, "ticket": 30, "owner": 20, "first_seen": 22, "seen": 22, "closed": 22, "address": 18, "site": 20}[c]
		rows.Columns = append(rows.Columns, xlsx.Column{Title: text.Capital(strings.ReplaceAll(c, "_", " ")), Width: max(width, 11), Wraps: width >= 40})
	}
	if err := b.table(p, a, board, since, func(row []string) error {
		cells := make([]any, len(row))
		for i, v := range row {
			cells[i] = v
		}
		rows.Rows = append(rows.Rows, cells)
		return nil
	}); err != nil {
		return err
	}
	return xlsx.Tables(to, lead, late, closed, rows)
}
