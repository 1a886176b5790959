package path_test

import (
	"strings"
	"testing"

	"signet"
	"signet/internal/path"
)

// Every cell of the model: sources down, targets across, one letter for each level of the guard.
//
//	O open · c closed · ? under a condition
func TestModel(t *testing.T) {
	off, opt, req := signet.Off, signet.Optional, signet.Required
	type column struct {
		target path.Target
		guards []signet.Level
	}
	columns := []column{
		{path.ToSMB, []signet.Level{off, opt, req}},
		{path.ToLDAP, []signet.Level{opt, req}},
		{path.ToLDAPS, []signet.Level{off, opt, req}},
		{path.ToHTTP, []signet.Level{signet.Unknown}},
		{path.ToHTTPS, []signet.Level{off, opt, req}},
		{path.ToMSSQL, []signet.Level{off, opt, req}},
		{path.ToICPR, []signet.Level{off, req}},
		{path.ToWinRM, []signet.Level{req}},
		{path.ToWinRMS, []signet.Level{off, opt, req}}, // None, Relaxed, Strict
		{path.ToSealed, []signet.Level{req}},
	}
	rows := map[path.Source]string{
		//             SMB LDAP LDAPS HTTP HTTPS MSSQL ICPR WinRM WinRMS sealed
		path.SMB:     "OOc cc ccc O Occ Occ Oc c Occ c",
		path.HTTP:    "OOc Oc Occ O Occ Occ Oc c Occ c",
		path.NTLMv1:  "OOc Oc OOc O OOc OOc Oc c OOc c",
		path.Unbound: "OOc ?c ??c O OOc OOc Oc c OOc c",
	}
	letters := map[signet.PathState]string{signet.PathOpen: "O", signet.PathClosed: "c", signet.PathConditional: "?", signet.PathUnknown: "u"}
	if len(rows) != len(path.Sources()) || len(columns) != len(path.Targets()) {
		t.Fatalf("the table has %d rows and %d columns, the model %d and %d", len(rows), len(columns), len(path.Sources()), len(path.Targets()))
	}
	for source, row := range rows {
		var got []string
		for _, c := range columns {
			cells := ""
			for _, g := range c.guards {
				cell := path.Evaluate(path.Case{Source: source, Target: c.target, Guard: g})
				cells += letters[cell.State]
				if cell.Rule == "" || cell.Because == "" {
					t.Errorf("%s → %s %s: no rule or reason: %+v", source, c.target, g, cell)
				}
				if (cell.State == signet.PathClosed) != (cell.Closes == "") {
					t.Errorf("%s → %s %s: %s, closes %q", source, c.target, g, cell.State, cell.Closes)
				}
			}
			got = append(got, cells)
		}
		if g := strings.Join(got, " "); g != row {
			t.Errorf("%s:\ngot  %s\nwant %s", source, g, row)
		}
	}
}

// Which rule decides, and what is said where the guard was not seen.
func TestModelRules(t *testing.T) {
	for _, tt := range []struct {
		name  string
		c     path.Case
		state signet.PathState
		rule  string
	}{
		{"R0 before all", path.Case{Source: path.NTLMv1, Target: path.ToHTTP, Refused: true}, signet.PathClosed, "R0"},
		{"R1", path.Case{Source: path.SMB, Target: path.ToSMB, Guard: signet.Optional, SameHost: true}, signet.PathClosed, "R1"},
		{"R2", path.Case{Source: path.SMB, Target: path.ToLDAP, Guard: signet.Optional}, signet.PathClosed, "R2"},
		{"R2 inside TLS", path.Case{Source: path.SMB, Target: path.ToLDAPS, Guard: signet.Off}, signet.PathClosed, "R2"},
		{"R3", path.Case{Source: path.NTLMv1, Target: path.ToSMB, Guard: signet.Required}, signet.PathClosed, "R3"},
		{"R4", path.Case{Source: path.HTTP, Target: path.ToHTTPS, Guard: signet.Optional}, signet.PathClosed, "R4"},
		{"R5", path.Case{Source: path.SMB, Target: path.ToHTTP, Guard: signet.Required}, signet.PathOpen, "R5"},
		{"R6", path.Case{Source: path.SMB, Target: path.ToHTTP, ServiceBound: true}, signet.PathClosed, "R6"},
		{"R6 holds no NTLMv1", path.Case{Source: path.NTLMv1, Target: path.ToHTTP, ServiceBound: true}, signet.PathOpen, "R5"},
		{"R6 and a client that may say nothing", path.Case{Source: path.Unbound, Target: path.ToHTTP, ServiceBound: true}, signet.PathConditional, "R6"},
		{"R6 opens nothing", path.Case{Source: path.SMB, Target: path.ToSMB, Guard: signet.Required, ServiceBound: true}, signet.PathClosed, "R3"},
		{"unseen", path.Case{Source: path.SMB, Target: path.ToHTTPS}, signet.PathUnknown, ""},
		{"unseen signing", path.Case{Source: path.HTTP, Target: path.ToLDAP}, signet.PathUnknown, ""},
		{"unseen, and closed at every level", path.Case{Source: path.SMB, Target: path.ToLDAP}, signet.PathClosed, "R2"},
		{"unseen encryption of WinRM", path.Case{Source: path.SMB, Target: path.ToWinRM}, signet.PathUnknown, ""},
		{"sealed needs no level", path.Case{Source: path.NTLMv1, Target: path.ToSealed}, signet.PathClosed, "R3"},
	} {
		if got := path.Evaluate(tt.c); got.State != tt.state || got.Rule != tt.rule {
			t.Errorf("%s: %s %s, want %s %s", tt.name, got.State, got.Rule, tt.state, tt.rule)
		}
	}
}

// The model is explained row by row, and never promises anything.
func TestExplain(t *testing.T) {
	for _, r := range path.Rules() {
		text, ok := path.Explain(r.ID)
		if !ok || !strings.Contains(text, "R4") || !strings.Contains(text, "because") {
			t.Errorf("%s: %q", r.ID, text)
		}
		if strings.Contains(strings.ReplaceAll(text, "no host is called immune", ""), "immune") {
			t.Errorf("%s promises immunity", r.ID)
		}
	}
	if _, ok := path.Explain("path-smb-to-nowhere"); ok {
		t.Error("a row that is not there is explained")
	}
}
