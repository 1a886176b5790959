package estate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/estate"
	"signet/internal/judge"
)

// board writes the rows of a board: state, address, port, rule's last word, where, and who has it.
func board(t testing.TB, b *estate.Board) string {
	t.Helper()
	var lines []string
	for _, w := range allRows(t, b, &estate.RowFilter{}, 2) {
		name, _, _ := strings.Cut(w.Name, ".")
		line := fmt.Sprintf("%s %s %s %d %s", w.State, w.Endpoint.Addr, name, w.Endpoint.Port, w.Rule)
		if w.Where != "" {
			line += " " + w.Where
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// What becomes of rows from one run to the next.
func TestTransitions(t *testing.T) {
	const signing, plain = "smb-signing-not-required", "http-ntlm-plain"
	at := func(hour int, ends string) []estate.Source {
		return []estate.Source{scan{id: fmt.Sprint("run", hour), at: fmt.Sprintf("%02d:00", hour), ends: ends}.source(t, "hq")}
	}
	verify := func(before []estate.Source, hour int, ends, of, check string) []estate.Source {
		return append(slices.Clone(before), scan{id: fmt.Sprint("verify", hour), at: fmt.Sprintf("%02d:00", hour), ends: ends}.verified(t, "hq", of, check))
	}
	weak := "10.0.0.1 fs1 445 weak"
	pages := "10.0.0.1 web 80 /a/ /b/" // one row, at the first
	first := at(9, weak)
	for _, tt := range []struct {
		name string
		runs [][]estate.Source
		want string
	}{
		{"seen for the first time", [][]estate.Source{first}, "open 10.0.0.1 fs1 445 " + signing},
		{"seen again", [][]estate.Source{first, at(10, weak)}, "open 10.0.0.1 fs1 445 " + signing},
		{"seen not to be there", [][]estate.Source{first, at(10, "10.0.0.1 fs1 445 strong")}, "closed 10.0.0.1 fs1 445 " + signing},
		{"and silent then", [][]estate.Source{first, at(10, "10.0.0.1 fs1 445 strong"), at(11, "")}, "closed 10.0.0.1 fs1 445 " + signing},
		{"and back", [][]estate.Source{first, at(10, "10.0.0.1 fs1 445 strong"), at(11, weak)}, "open 10.0.0.1 fs1 445 " + signing},
		{"the host is silent", [][]estate.Source{first, at(10, "10.0.0.2 fs2 445 strong")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"the whole run is silent", [][]estate.Source{first, at(10, "")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"the port is silent", [][]estate.Source{first, at(10, "10.0.0.1 fs1 139 strong")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"silent, and there again", [][]estate.Source{first, at(10, ""), at(11, weak)}, "open 10.0.0.1 fs1 445 " + signing},
		{"silent, and seen not to be there", [][]estate.Source{first, at(10, ""), at(11, "10.0.0.1 fs1 445 strong")}, "closed 10.0.0.1 fs1 445 " + signing},
		{"undetermined", [][]estate.Source{first, at(10, "10.0.0.1 fs1 445 broken")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"not all was asked", [][]estate.Source{first, at(10, "10.0.0.1 fs1 445 strong -smb1")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"no more was asked before", [][]estate.Source{at(9, weak+" -smb1"), at(10, "10.0.0.1 fs1 445 strong -smb1")}, "closed 10.0.0.1 fs1 445 " + signing},
		{"what another port may hold was not asked", [][]estate.Source{first, at(10, "10.0.0.1 fs1 445 strong -port-139")}, "closed 10.0.0.1 fs1 445 " + signing},
		{"an older observation", [][]estate.Source{first, at(8, "10.0.0.1 fs1 445 strong")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"a page that takes none now", [][]estate.Source{at(9, pages), at(10, "10.0.0.1 web 80 no/a/ no/b/")}, "closed 10.0.0.1 web 80 " + plain + " /a/"},
		{"a page that takes none now, and another that does", [][]estate.Source{at(9, pages), at(10, "10.0.0.1 web 80 no/a/ /b/")}, "closed 10.0.0.1 web 80 " + plain + " /a/\nopen 10.0.0.1 web 80 " + plain + " /b/"},
		{"a page that was not asked", [][]estate.Source{at(9, pages), at(10, "10.0.0.1 web 80 no/b/")}, "to-verify 10.0.0.1 web 80 " + plain + " /a/"},
		{"no page was asked", [][]estate.Source{at(9, "10.0.0.1 web 80 /a/"), at(10, "10.0.0.1 web 80")}, "to-verify 10.0.0.1 web 80 " + plain + " /a/"},
		{"a verification sees that it is gone", [][]estate.Source{first, verify(first, 11, "10.0.0.1 fs1 445 strong", "10.0.0.1:445", "smb")}, "closed 10.0.0.1 fs1 445 " + signing},
		{"a verification hears nothing", [][]estate.Source{first, verify(first, 11, "", "10.0.0.1:445", "smb")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"a verification cannot tell", [][]estate.Source{first, verify(first, 11, "10.0.0.1 fs1 445 broken", "10.0.0.1:445", "smb")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"a verification sees that it is there", [][]estate.Source{first, verify(first, 11, weak, "10.0.0.1:445", "smb")}, "open 10.0.0.1 fs1 445 " + signing},
		{"a new lease", [][]estate.Source{first, at(10, "10.0.0.7 fs1 445 weak")}, "open 10.0.0.7 fs1 445 " + signing},
		{"a new lease, and fixed", [][]estate.Source{first, at(10, "10.0.0.7 fs1 445 strong")}, "closed 10.0.0.1 fs1 445 " + signing},
		{"another host got the address", [][]estate.Source{first, at(10, "10.0.0.1 other 445 weak")}, "open 10.0.0.1 other 445 " + signing + "\nto-verify 10.0.0.1 fs1 445 " + signing},
		{"another host got the address, and guards it", [][]estate.Source{first, at(10, "10.0.0.1 other 445 strong")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"two swapped addresses", [][]estate.Source{at(9, weak+"\n10.0.0.2 fs2 445 strong"), at(10, "10.0.0.1 fs2 445 strong\n10.0.0.2 fs1 445 weak")}, "open 10.0.0.2 fs1 445 " + signing},
		{"the host shows nothing of itself any more", [][]estate.Source{first, at(10, "10.0.0.1 - 445 strong")}, "closed 10.0.0.1 fs1 445 " + signing},
		{"a copy does not close it", [][]estate.Source{first, at(10, "10.0.0.7 fs1 445 strong\n10.0.0.8 fs1 445 strong")}, "to-verify 10.0.0.1 fs1 445 " + signing},
		{"one of two addresses of a host is silent", [][]estate.Source{at(9, weak+"\n10.0.0.2 fs1 445 weak"), at(10, weak)}, "open 10.0.0.1 fs1 445 " + signing + "\nto-verify 10.0.0.2 fs1 445 " + signing},
		{"a host gets a second address", [][]estate.Source{first, at(10, weak+"\n10.0.0.2 fs1 445 weak")}, "open 10.0.0.1 fs1 445 " + signing + "\nopen 10.0.0.2 fs1 445 " + signing},
	} {
		var m *estate.Memory
		var b *estate.Board
		var e *estate.Estate
		ids := map[string]estate.ID{}
		for i, sources := range tt.runs {
			e = estate.New(all.Checks(), sources)
			b, m = e.Board(m)
			parts, err := m.Parts()
			if err != nil {
				t.Fatal(err)
			}
			if m, err = estate.Remember(parts); err != nil {
				t.Fatal(err)
			}
			for _, w := range allRows(t, b, &estate.RowFilter{}, 0) {
				key := w.Name + w.Rule + w.Where
				if was, ok := ids[key]; ok && was != w.ID && len(allRows(t, b, &estate.RowFilter{}, 0)) == 1 {
					t.Errorf("%s, run %d: the row of %s has another ID", tt.name, i, key)
				}
				ids[key] = w.ID
			}
		}
		if got := board(t, b); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
		seen := map[estate.ID]bool{}
		for _, w := range allRows(t, b, &estate.RowFilter{}, 0) {
			if seen[w.ID] {
				t.Errorf("%s: two rows have the ID %s", tt.name, w.ID)
			}
			seen[w.ID] = true
		}
		sums(t, tt.name, e, b)
	}
}

// sums wants what is counted in one go to be what is counted one by one.
func sums(t *testing.T, name string, e *estate.Estate, b *estate.Board) {
	t.Helper()
	for _, states := range [][]estate.State{nil, {estate.ToVerify}, {estate.Open, estate.Closed}} {
		var ids []estate.ID
		page, err := e.HostsPage(&estate.HostFilter{}, "", estate.MostPage)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Items {
			ids = append(ids, h.ID)
		}
		all := estate.RowFilter{States: states}
		for i, got := range b.ByHost(&all, ids) {
			if want := b.Count(&estate.RowFilter{States: states, Host: ids[i]}); got != want {
				t.Errorf("%s: %d rows of %s, counted by itself %d", name, got, page.Items[i].Address, want)
			}
		}
		sites, owners, severities := 0, 0, 0
		for site, got := range b.BySite(&all) {
			if want := b.Count(&estate.RowFilter{States: states, Sites: []string{site}}); got != want {
				t.Errorf("%s: %d rows of the site %q, counted by itself %d", name, got, site, want)
			}
			sites += got
		}
		for _, got := range b.ByOwner(&all) {
			owners += got
		}
		for _, g := range b.Groups(&all) {
			for s, got := range g.Severities {
				if want := b.Count(&estate.RowFilter{States: states, Rule: g.Rule, Severities: []signet.Severity{signet.Severity(s)}}); got != want {
					t.Errorf("%s: %d rows of %s are %s, counted by themselves %d", name, got, g.Rule, signet.Severity(s), want)
				}
				severities += got
			}
		}
		if n := b.Count(&all); sites != n || owners != n || severities != n {
			t.Errorf("%s: %d rows, %d by site, %d by owner, %d by severity", name, n, sites, owners, severities)
		}
	}
}

// A row says since when it is known, when it was seen last and when it was closed, and what was the matter.
func TestRowsKeepTheirTimes(t *testing.T) {
	run := func(hour, ends string) []estate.Source {
		return []estate.Source{scan{id: "run" + hour, at: hour + ":00", ends: ends}.source(t, "hq")}
	}
	_, m := estate.New(all.Checks(), run("09", "10.0.0.1 fs1 445 weak")).Board(nil)
	b, m := estate.New(all.Checks(), run("10", "10.0.0.1 fs1 445 weak")).Board(m)
	because := allRows(t, b, &estate.RowFilter{}, 0)[0].Because
	b, m = estate.New(all.Checks(), run("11", "10.0.0.1 fs1 445 strong")).Board(m)
	w := allRows(t, b, &estate.RowFilter{}, 0)[0]
	got := words(w.First.Format("15:04"), w.Seen.Format("15:04"), w.Closed.Format("15:04"), w.State, w.Verdict, w.Because, w.Title != "", w.Run, w.Site, w.Check, w.Severity)
	if want := words("09:01", "10:01", "11:01", "closed", "exposed", because, true, "", "hq", "smb", "high"); got != want || len(because) == 0 {
		t.Errorf("the row says\n%s\nwant\n%s", got, want)
	}
	if h, ok := b.Row(w.ID); !ok || h.Host == (estate.ID{}) {
		t.Errorf("the host of the row is there, and it says %v", h.Host)
	}
	if n := m.Forget(clock(t, "11:01")).Rows(); n != 1 {
		t.Errorf("%d rows are left of what was closed later", n)
	}
	if n := m.Forget(clock(t, "11:02")).Rows(); n != 0 {
		t.Errorf("%d rows are left of what was closed before", n)
	}
	_, m = estate.New(all.Checks(), run("12", "10.0.0.1 fs1 445 weak\n10.0.0.2 fs2 445 weak")).Board(m)
	if n := m.Forget(clock(t, "23:00")).Rows(); n != 2 {
		t.Errorf("%d rows are left of two that are open", n)
	}
}

// Accepted rows are so as long as the exception holds; a rule that is switched off has no rows, and what is known of them stays.
func TestBoardFollowsThePolicy(t *testing.T) {
	under := func(ends, yaml string) []estate.Source {
		s := scan{id: "run", at: "09:00", ends: ends}.source(t, "hq")
		s.Judge = judgeOf(t, yaml)
		return []estate.Source{s}
	}
	const signing = "smb-signing-not-required"
	weak := "10.0.0.1 fs1 445 weak"
	head := "name: own\nversion: 1\nextends: baseline\n"
	off := head + "rules: {" + signing + ": off}\n"
	accepted := func(until string) string {
		return head + "exceptions: [{rule: " + signing + ", scope: fs1.corp.example, owner: Mara, reason: soon, until: " + until + "}]\n"
	}
	b, m := estate.New(all.Checks(), under(weak, judge.Source("baseline"))).Board(nil)
	id := allRows(t, b, &estate.RowFilter{}, 0)[0].ID
	for _, tt := range []struct{ name, ends, yaml, want string }{
		{"accepted", weak, accepted("2026-11-22"), "excepted 10.0.0.1 fs1 445 " + signing},
		{"no longer accepted", weak, accepted("2026-11-21"), "open 10.0.0.1 fs1 445 " + signing},
		{"switched off", weak, off, ""},
		{"switched off and silent", "", off, ""},
		{"on again and silent", "", judge.Source("baseline"), "to-verify 10.0.0.1 fs1 445 " + signing},
		{"on again", weak, judge.Source("baseline"), "open 10.0.0.1 fs1 445 " + signing},
	} {
		b, m = estate.New(all.Checks(), under(tt.ends, tt.yaml)).Board(m)
		if got := board(t, b); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		for _, w := range allRows(t, b, &estate.RowFilter{}, 0) {
			if w.ID != id {
				t.Errorf("%s: the row has another ID", tt.name)
			}
			if expired := len(w.Because) == 2 && strings.Contains(w.Because[1], "expired on 2026-11-21"); expired != (tt.name == "no longer accepted") {
				t.Errorf("%s: because %q", tt.name, w.Because)
			}
		}
	}
	// What is only remembered is rated anew too.
	low := head + "rules: {" + signing + ": low}\n"
	b, _ = estate.New(all.Checks(), under("", low)).Board(m)
	if w := allRows(t, b, &estate.RowFilter{}, 0); len(w) != 1 || w[0].Severity.String() != "low" {
		t.Errorf("a remembered row is %+v", w)
	}
}

// Who sees some sites sees nothing of others, under the same IDs, and loses nothing of what is remembered.
func TestBoardOfSomeSites(t *testing.T) {
	hq := scan{id: "hq", at: "09:00", ends: "10.0.0.1 fs1 445 weak\n10.0.0.3 fs3 445 weak"}.source(t, "hq")
	dmz := scan{id: "dmz", at: "09:00", ends: "10.1.0.1 fs2 445 weak"}.source(t, "dmz")
	whole, m := estate.New(all.Checks(), []estate.Source{hq, dmz}).Board(nil)
	hq = scan{id: "hq2", at: "10:00", ends: "10.0.0.1 fs1 445 weak"}.source(t, "hq")
	dmz = scan{id: "dmz2", at: "10:00", ends: "10.1.0.9 fs9 445 strong"}.source(t, "dmz")
	part, kept := estate.New(all.Checks(), []estate.Source{hq}).Board(m)
	const signing = " 445 smb-signing-not-required"
	if got, want := board(t, part), "open 10.0.0.1 fs1"+signing+"\nto-verify 10.0.0.3 fs3"+signing; got != want {
		t.Errorf("the board of hq is\n%s\nwant\n%s", got, want)
	}
	if kept.Rows() != 3 {
		t.Errorf("%d rows are remembered, want 3", kept.Rows())
	}
	alone := estate.New(all.Checks(), []estate.Source{hq}).BoardAlone(m)
	if got, want := fmt.Sprint(allRows(t, alone, &estate.RowFilter{}, 0)), fmt.Sprint(allRows(t, part, &estate.RowFilter{}, 0)); got != want {
		t.Errorf("the board alone is\n%s\nwant\n%s", got, want)
	}
	if n := alone.Remembered(); n != 2 {
		t.Errorf("the board alone holds %d rows, and shows 2", n)
	}
	for _, w := range allRows(t, part, &estate.RowFilter{}, 0) {
		if x, ok := whole.Row(w.ID); !ok || x.Endpoint.Addr != w.Endpoint.Addr {
			t.Errorf("the row of %s has another ID than before", w.Endpoint.Addr)
		}
	}
	all, _ := estate.New(all.Checks(), []estate.Source{hq, dmz}).Board(kept)
	if got := board(t, all); strings.Count(got, "to-verify") != 2 {
		t.Errorf("the board of both is\n%s", got)
	}
}

// Marks make rows in work, where they are open; owners are found.
func TestMarks(t *testing.T) {
	ends := "10.0.0.1 fs1 445 weak\n10.0.0.2 fs2 445 weak\n10.0.0.3 fs3 445 weak\n10.0.0.4 web 80 /a/"
	_, m := estate.New(all.Checks(), []estate.Source{scan{id: "run", at: "09:00", ends: ends}.source(t, "hq")}).Board(nil)
	b, _ := estate.New(all.Checks(), []estate.Source{scan{id: "run2", at: "10:00", ends: "10.0.0.1 fs1 445 weak\n10.0.0.2 fs2 445 strong\n10.0.0.4 web 80 /a/"}.source(t, "hq")}).Board(m)
	marks := map[estate.ID]estate.Mark{{1}: {Owner: "nobody"}}
	for _, w := range allRows(t, b, &estate.RowFilter{}, 0) {
		owner := "Mara"
		if strings.HasPrefix(w.Name, "web") {
			owner = "Jo"
		}
		marks[w.ID] = estate.Mark{Owner: owner, InWork: owner == "Mara"}
	}
	b = b.Marked(marks)
	const signing = " 445 smb-signing-not-required"
	if got, want := board(t, b), "closed 10.0.0.2 fs2"+signing+"\nin-work 10.0.0.1 fs1"+signing+"\nopen 10.0.0.4 web 80 http-ntlm-plain /a/\nto-verify 10.0.0.3 fs3"+signing; got != want {
		t.Errorf("the board is\n%s\nwant\n%s", got, want)
	}
	for _, tt := range []struct {
		name string
		f    estate.RowFilter
		want int
	}{
		{"all", estate.RowFilter{}, 4},
		{"owner", estate.RowFilter{Owner: "Mara"}, 3},
		{"nobody", estate.RowFilter{Owner: "nobody"}, 0},
		{"state", estate.RowFilter{States: []estate.State{estate.InWork, estate.Closed}}, 2},
		{"state and owner", estate.RowFilter{States: []estate.State{estate.Open}, Owner: "Mara"}, 0},
		{"rule", estate.RowFilter{Rule: "http-ntlm-plain"}, 1},
		{"rule that is not there", estate.RowFilter{Rule: "smb1-enabled"}, 0},
		{"q: a host", estate.RowFilter{Q: "FS"}, 3},
		{"q: an address", estate.RowFilter{Q: "0.0.4"}, 1},
		{"q: the address of one that is gone", estate.RowFilter{Q: "0.0.3"}, 1},
		{"q: a page", estate.RowFilter{Q: "/A/"}, 1},
		{"q: a rule", estate.RowFilter{Q: "signing"}, 3},
		{"q: a check", estate.RowFilter{Q: "smb"}, 3},
		{"q: nothing", estate.RowFilter{Q: "nothing"}, 0},
		{"site", estate.RowFilter{Sites: []string{"hq"}}, 4},
		{"no site", estate.RowFilter{Sites: []string{""}}, 0},
	} {
		if got := b.Count(&tt.f); got != tt.want {
			t.Errorf("%s: %d rows, want %d", tt.name, got, tt.want)
		}
	}
	e := estate.New(all.Checks(), []estate.Source{scan{id: "run2", at: "10:00", ends: ends}.source(t, "hq")})
	b, _ = e.Board(nil)
	for _, w := range allRows(t, b, &estate.RowFilter{}, 0) {
		of := allRows(t, b, &estate.RowFilter{Host: w.Host}, 0)
		if len(of) != 1 || of[0].ID != w.ID {
			t.Errorf("the rows of the host of %s are %v", w.Endpoint.Addr, of)
		}
	}
	if n := b.Count(&estate.RowFilter{Host: estate.ID{1}}); n != 0 {
		t.Errorf("a host that is not there has %d rows", n)
	}
	b = b.Marked(map[estate.ID]estate.Mark{allRows(t, b, &estate.RowFilter{Q: "fs1"}, 0)[0].ID: {InWork: true}})
	var groups []string
	for _, g := range b.Groups(&estate.RowFilter{}) {
		groups = append(groups, fmt.Sprint(g.Rule, " ", g.Title != "", " ", g.Severity, " ", g.Rows, " ", g.States))
	}
	if got, want := strings.Join(groups, "\n"), "smb-signing-not-required true high 3 [2 1 0 0 0]\nhttp-ntlm-plain true medium 1 [1 0 0 0 0]"; got != want {
		t.Errorf("the groups are\n%s\nwant\n%s", got, want)
	}
}

// That a row is mended people may say; it is to be verified then, and open again once it was seen since.
func TestSaidToBeMended(t *testing.T) {
	e := estate.New(all.Checks(), []estate.Source{scan{id: "a", at: "09:00", ends: "10.0.0.1 fs1 445 weak"}.source(t, "")})
	b, _ := e.Board(nil)
	row := allRows(t, b, &estate.RowFilter{}, 0)[0]
	for _, c := range []struct {
		name string
		mark estate.Mark
		want estate.State
	}{
		{"nothing is said", estate.Mark{}, estate.Open},
		{"it was said after it was seen", estate.Mark{Mended: row.Seen.Add(time.Second)}, estate.ToVerify},
		{"it was seen after it was said", estate.Mark{Mended: row.Seen.Add(-time.Second)}, estate.Open},
		{"somebody works at it", estate.Mark{InWork: true}, estate.InWork},
	} {
		marked := b.Marked(map[estate.ID]estate.Mark{row.ID: c.mark})
		if got, _ := marked.Row(row.ID); got.State != c.want {
			t.Errorf("%s: %v, want %v", c.name, got.State, c.want)
		}
		if n := marked.Count(&estate.RowFilter{States: []estate.State{c.want}}); n != 1 {
			t.Errorf("%s: %d rows are %v", c.name, n, c.want)
		}
	}
}

// A cursor goes on behind its row, whatever comes and goes before it.
func TestCursorsOutliveTheBoard(t *testing.T) {
	var ends []string
	for i := range 20 {
		ends = append(ends, fmt.Sprintf("10.0.0.%d fs%d 445 weak", i+1, i+1))
	}
	e := estate.New(all.Checks(), []estate.Source{scan{id: "a", at: "09:00", ends: strings.Join(ends, "\n")}.source(t, "")})
	b, m := e.Board(nil)
	rows, err := b.Page(&estate.RowFilter{}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := e.HostsPage(&estate.HostFilter{}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	left := append(slices.Clone(ends[:5]), ends[12:]...) // some before and some behind are gone, the last of the page too
	left = append(left, "10.0.0.200 new 445 weak")
	e = estate.New(all.Checks(), []estate.Source{scan{id: "b", at: "10:00", ends: strings.Join(left, "\n")}.source(t, "")})
	b, _ = e.Board(m.Forget(time.Time{}))
	more, err := b.Page(&estate.RowFilter{States: []estate.State{estate.Open}}, rows.Next, 0)
	if err != nil || len(more.Items) != 9 || more.Items[0].Endpoint.Addr.String() != "10.0.0.13" || more.Next != "" {
		t.Errorf("the next page of rows has %d, %v", len(more.Items), err)
	}
	next, err := e.HostsPage(&estate.HostFilter{}, hosts.Next, 0)
	if err != nil || len(next.Items) != 9 || next.Items[0].Address.String() != "10.0.0.13" || next.Next != "" {
		t.Errorf("the next page of hosts has %d, %v", len(next.Items), err)
	}
	for _, bad := range []string{"x", "AQ", rows.Next[:8], "!" + rows.Next, rows.Next[:len(rows.Next)-6] + "////"} {
		if _, err := b.Page(&estate.RowFilter{}, bad, 0); err != estate.ErrCursor {
			t.Errorf("cursor %q of rows: %v", bad, err)
		}
		if _, err := e.HostsPage(&estate.HostFilter{}, bad, 0); err != estate.ErrCursor {
			t.Errorf("cursor %q of hosts: %v", bad, err)
		}
	}
}
