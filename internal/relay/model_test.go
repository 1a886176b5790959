package relay_test

import (
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/relay"
)

// Every cell of the model: sources down, targets across, one letter for each level of the guard.
//
//	O open · c closed · ? under a condition
func TestModel(t *testing.T) {
	off, opt, req := signet.Off, signet.Optional, signet.Required
	type column struct {
		target check.Class
		guards []signet.Level
	}
	columns := []column{
		{check.ToSMB, []signet.Level{off, opt, req}},
		{check.ToLDAP, []signet.Level{opt, req}},
		{check.ToLDAPS, []signet.Level{off, opt, req}},
		{check.ToHTTP, []signet.Level{signet.Unknown}},
		{check.ToHTTPS, []signet.Level{off, opt, req}},
		{check.ToMSSQL, []signet.Level{off, opt, req}},
		{check.ToICPR, []signet.Level{off, req}},
		{check.ToWinRM, []signet.Level{req}},
		{check.ToWinRMS, []signet.Level{off, opt, req}}, // None, Relaxed, Strict
		{check.ToSealed, []signet.Level{req}},
	}
	rows := map[relay.Source]string{
		//             SMB LDAP LDAPS HTTP HTTPS MSSQL ICPR WinRM WinRMS sealed
		relay.SMB:     "OOc cc ccc O Occ Occ Oc c Occ c",
		relay.HTTP:    "OOc Oc Occ O Occ Occ Oc c Occ c",
		relay.NTLMv1:  "OOc Oc OOc O OOc OOc Oc c OOc c",
		relay.Unbound: "OOc ?c ??c O OOc OOc Oc c OOc c",
	}
	letters := map[signet.PathState]string{signet.PathOpen: "O", signet.PathClosed: "c", signet.PathConditional: "?", signet.PathUnknown: "u"}
	if len(rows) != len(relay.Sources()) || len(columns) != len(relay.Classes()) {
		t.Fatalf("the table has %d rows and %d columns, the model %d and %d", len(rows), len(columns), len(relay.Sources()), len(relay.Classes()))
	}
	for source, row := range rows {
		var got []string
		for _, c := range columns {
			cells := ""
			for _, g := range c.guards {
				cell := relay.Evaluate(relay.Case{Source: source, Target: c.target, Guard: g})
				cells += letters[cell.State]
				if cell.Rule == "" || cell.Because == "" {
					t.Errorf("%s %s: no rule or reason: %+v", relay.RuleID(source, c.target), g, cell)
				}
				if (cell.State == signet.PathClosed) != (cell.Closes == "") {
					t.Errorf("%s %s: %s, closes %q", relay.RuleID(source, c.target), g, cell.State, cell.Closes)
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
		c     relay.Case
		state signet.PathState
		rule  string
	}{
		{"R0 before all", relay.Case{Source: relay.NTLMv1, Target: check.ToHTTP, Refused: true}, signet.PathClosed, "R0"},
		{"R1", relay.Case{Source: relay.SMB, Target: check.ToSMB, Guard: signet.Optional, SameHost: true}, signet.PathClosed, "R1"},
		{"R2", relay.Case{Source: relay.SMB, Target: check.ToLDAP, Guard: signet.Optional}, signet.PathClosed, "R2"},
		{"R2 inside TLS", relay.Case{Source: relay.SMB, Target: check.ToLDAPS, Guard: signet.Off}, signet.PathClosed, "R2"},
		{"R3", relay.Case{Source: relay.NTLMv1, Target: check.ToSMB, Guard: signet.Required}, signet.PathClosed, "R3"},
		{"R4", relay.Case{Source: relay.HTTP, Target: check.ToHTTPS, Guard: signet.Optional}, signet.PathClosed, "R4"},
		{"R5", relay.Case{Source: relay.SMB, Target: check.ToHTTP, Guard: signet.Required}, signet.PathOpen, "R5"},
		{"R6", relay.Case{Source: relay.SMB, Target: check.ToHTTP, ServiceBound: true}, signet.PathClosed, "R6"},
		{"R6 holds no NTLMv1", relay.Case{Source: relay.NTLMv1, Target: check.ToHTTP, ServiceBound: true}, signet.PathOpen, "R5"},
		{"R6 and a client that may say nothing", relay.Case{Source: relay.Unbound, Target: check.ToHTTP, ServiceBound: true}, signet.PathConditional, "R6"},
		{"R6 opens nothing", relay.Case{Source: relay.SMB, Target: check.ToSMB, Guard: signet.Required, ServiceBound: true}, signet.PathClosed, "R3"},
		{"unseen", relay.Case{Source: relay.SMB, Target: check.ToHTTPS}, signet.PathUnknown, ""},
		{"unseen signing", relay.Case{Source: relay.HTTP, Target: check.ToLDAP}, signet.PathUnknown, ""},
		{"unseen, and closed at every level", relay.Case{Source: relay.SMB, Target: check.ToLDAP}, signet.PathClosed, "R2"},
		{"unseen encryption of WinRM", relay.Case{Source: relay.SMB, Target: check.ToWinRM}, signet.PathUnknown, ""},
		{"sealed needs no level", relay.Case{Source: relay.NTLMv1, Target: check.ToSealed}, signet.PathClosed, "R3"},
	} {
		if got := relay.Evaluate(tt.c); got.State != tt.state || got.Rule != tt.rule {
			t.Errorf("%s: %s %s, want %s %s", tt.name, got.State, got.Rule, tt.state, tt.rule)
		}
	}
}

// The model is explained row by row, and never promises anything.
func TestExplain(t *testing.T) {
	for _, r := range relay.Rules() {
		text, ok := relay.Explain(r.ID)
		if !ok || !strings.Contains(text, "R4") || !strings.Contains(text, "because") {
			t.Errorf("%s: %q", r.ID, text)
		}
		if strings.Contains(strings.ReplaceAll(text, "no host is called immune", ""), "immune") {
			t.Errorf("%s promises immunity", r.ID)
		}
	}
	if _, ok := relay.Explain("path-smb-to-nowhere"); ok {
		t.Error("a row that is not there is explained")
	}
}
