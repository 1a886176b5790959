package compare_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/compare"
)

// stub is a check whose verdict and findings stand in its facts, so that each case of a change can be written down.
func stub() check.Check {
	return check.Define(check.Definition[stubFacts, *stubFacts]{Name: "stub", Version: 2, Ports: []check.Port{{Number: 445}, {Number: 139, WhenAlive: true, Unless: 445}},
		Shape: check.Shape{Asking: []string{"sent"}, Decides: []string{"status", "schemes"}, Pages: "paths"}})
}

type stubFacts struct{}

func (*stubFacts) AppendJSON(b []byte) []byte { return append(b, "{}"...) }

// says is an observation: a verdict, rules broken ("rule" or "rule@where"), facts beside them, and what was left unasked.
func says(v signet.Verdict, rules, facts string, unasked ...string) *signet.Observation {
	o := &signet.Observation{Check: "stub", CheckVersion: 1, Outcome: signet.Answered, Open: true, Unasked: unasked}
	o.Addr, o.Port = smb("10.0.0.1", "a", g1, "off").Addr, 445
	o.Facts = signet.RawFacts(fmt.Sprintf(`{"verdict":%q,"rules":%q%s}`, v, rules, facts))
	return o
}

func verdictOf(o *signet.Observation) signet.Judgement {
	var j signet.Judgement
	if o.Outcome != signet.Answered {
		return j
	}
	s := string(o.Facts.AppendJSON(nil))
	_, s, _ = strings.Cut(s, `"verdict":"`)
	word, s, _ := strings.Cut(s, `","rules":"`)
	j.Verdict.UnmarshalText([]byte(word))
	rules, _, _ := strings.Cut(s, `"`)
	for r := range strings.FieldsSeq(rules) {
		rule, where, _ := strings.Cut(r, "@")
		j.Findings = append(j.Findings, signet.Finding{Rule: rule, Where: strings.ReplaceAll(where, "+", " "), Severity: signet.High})
	}
	return j
}

func version(o *signet.Observation, n int) *signet.Observation { o.CheckVersion = n; return o }

func port(o *signet.Observation, n uint16) *signet.Observation { o.Port = n; return o }

func outcome(o *signet.Observation, out signet.Outcome) *signet.Observation {
	o.Outcome, o.Open = out, true
	return o
}

// What changed of an endpoint, by what either run saw and asked.
func TestNewlyAskedAndUnseen(t *testing.T) {
	const e, u, g, n = signet.Exposed, signet.Undetermined, signet.Guarded, signet.Unseen
	list := func(o ...*signet.Observation) []*signet.Observation { return o }
	page := func(path, ntlm string, status int) string {
		return fmt.Sprintf(`{"path":%q,"ntlm":%q,"status":%d,"schemes":[],"epa":"unknown"}`, path, ntlm, status)
	}
	paths := func(list ...string) string { return `,"paths":[` + strings.Join(list, ",") + `]` }
	for _, tt := range []struct {
		name     string
		old, new []*signet.Observation
		before   signet.Answer // whether the old run asked what it has no line of
		want     string
	}{
		// Asked now, not asked before.
		{"a question left out before", list(says(u, "", `,"binding":"unknown"`, "binding")), list(says(e, "binding-off", `,"binding":"off"`)), signet.Yes, "newly-asked"},
		{"and one that the new run leaves out too", list(says(u, "", "", "a", "b")), list(says(e, "r", "", "b")), signet.Yes, "newly-asked"},
		{"withheld before", list(outcome(says(u, "", ""), signet.Withheld)), list(says(e, "r", "")), signet.Yes, "newly-asked"},
		{"skipped before", list(outcome(says(u, "", ""), signet.Skipped)), list(says(e, "r", "")), signet.Yes, "newly-asked"},
		{"a page that was not asked before", list(says(n, "", paths(page("/", "no", 200)))), list(says(e, "r@/certsrv/", paths(page("/", "no", 200), page("/certsrv/", "proven", 401)))), signet.Yes, "newly-asked"},
		{"a page with its method", list(says(n, "", paths(page("/", "no", 200)))), list(says(e, "r@RPC_IN_DATA+/rpc", paths(page("/", "no", 200), page("/rpc", "proven", 401)))), signet.Yes, "newly-asked"},
		{"a newer check asks more", list(says(g, "", `,"signing":"required"`)), list(version(says(e, "r", `,"signing":"required","new":"off"`), 2)), signet.Yes, "newly-asked"},
		{"a guard seen by a question left out before", list(says(u, "", "", "binding")), list(says(g, "", `,"binding":"required"`)), signet.Yes, "newly-asked"},
		{"a logon found by a question left out before", list(says(n, "", "", "paths")), list(says(g, "", "")), signet.Yes, "newly-asked"},
		{"a port not asked before", list(says(g, "", "")), list(says(g, "", ""), port(says(e, "r", ""), 8445)), signet.No, "newly-asked"},
		{"an address not asked before", nil, list(says(e, "r", "")), signet.No, "newly-asked"},
		{"a port held back, since another one answered", list(says(e, "r", "")), list(port(says(e, "r", ""), 139), says(e, "r", "")), signet.NotKnown, "newly-asked"},

		// What got worse though more was asked.
		{"a level that fell", list(says(g, "", `,"signing":"required"`, "binding")), list(says(e, "r", `,"signing":"off"`)), signet.Yes, "worsened"},
		{"a flag that turned", list(says(g, "", `,"smb1":{"offered":false}`, "binding")), list(says(e, "r", `,"smb1":{"offered":true}`)), signet.Yes, "worsened"},
		{"a page that takes NTLM now", list(says(g, "", paths(page("/", "no", 401)), "paths")), list(says(e, "r@/", paths(page("/", "proven", 401)))), signet.Yes, "worsened"},
		{"a page that was not there", list(says(n, "", paths(page("/certsrv/", "unknown", 404)), "proof")), list(says(e, "r@/certsrv/", paths(page("/certsrv/", "proven", 401)))), signet.Yes, "worsened"},
		{"nothing was left out before", list(says(u, "", `,"binding":"unknown"`)), list(says(e, "r", `,"binding":"off"`)), signet.Yes, "worsened"},
		{"broken before", list(outcome(says(u, "", ""), signet.Broken)), list(says(e, "r", "")), signet.Yes, "worsened"},
		{"closed before", list(&signet.Observation{Endpoint: says(u, "", "").Endpoint, Check: "stub", Outcome: signet.Refused}), list(says(e, "r", "")), signet.No, "appeared"},
		{"whether it was asked is not known", nil, list(says(e, "r", "")), signet.NotKnown, "appeared"},
		{"it was asked, and was not there", nil, list(says(e, "r", "")), signet.Yes, "appeared"},
		{"a port held back only where the first one could hide it", list(says(g, "", "")), list(port(says(e, "r", ""), 139), says(g, "", "")), signet.NotKnown, "appeared"},

		// Unseen: no guard was seen, so that nothing is better by it.
		{"exposed, and unseen now", list(says(e, "r", "")), list(says(n, "", "")), signet.Yes, "vanished"},
		{"guarded, and unseen now", list(says(g, "", "")), list(says(n, "", "")), signet.Yes, "vanished"},
		{"unseen, by a run that asked less", list(says(e, "r", "")), list(says(n, "", "", "paths")), signet.Yes, "not-asked"},
		{"guarded, and unseen by a run that asked less", list(says(g, "", "")), list(says(n, "", "", "paths")), signet.Yes, "not-asked"},
		{"undetermined, and unseen now", list(says(u, "", "")), list(says(n, "", "")), signet.Yes, ""},
		{"unseen, and guarded now", list(says(n, "", "")), list(says(g, "", "")), signet.Yes, "appeared"},
		{"unseen, and exposed now", list(says(n, "", "")), list(says(e, "r", "")), signet.Yes, "worsened"},
		{"unseen, and undetermined now", list(says(n, "", "")), list(says(u, "", "")), signet.Yes, "undetermined"},
		{"exposed, and guarded now", list(says(e, "r", "")), list(says(g, "", "")), signet.Yes, "improved"},
		{"guarded now, without a look at another port", list(says(e, "r", "")), list(says(g, "", "", "port-139")), signet.Yes, "improved"},
		{"guarded before, without a look at another port", list(says(g, "", "", "port-139")), list(says(e, "r", "")), signet.Yes, "worsened"},
	} {
		var got []string
		c := &compare.Comparer{Checks: []check.Check{stub()}, Judge: verdictOf, Asked: func(*signet.Observation) signet.Answer { return signet.Yes },
			AskedBefore: func(*signet.Observation) signet.Answer { return tt.before }}
		if _, err := c.Runs(run(tt.old...), run(tt.new...), func(c *compare.Change) error {
			got = append(got, c.Kind.String())
			if c.Kind == compare.NewlyAsked && (len(c.Because) == 0 || c.Because[0] != "the old run did not ask it") {
				t.Errorf("%s: because %q", tt.name, c.Because)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s, tt.want)
		}
	}
}

// A host that is rated higher since more of it was asked did not get worse.
func TestRatedByWhatElseWasAsked(t *testing.T) {
	for _, more := range []bool{false, true} {
		before := []*signet.Observation{says(signet.Exposed, "r", `,"signing":"off"`)}
		after := []*signet.Observation{port(says(signet.Guarded, "", ""), 389), says(signet.Exposed, "r", `,"signing":"off"`)}
		asked := signet.Yes
		if more {
			asked = signet.No
		}
		c := &compare.Comparer{Checks: []check.Check{stub()}, Judge: verdictOf, AskedBefore: func(*signet.Observation) signet.Answer { return asked },
			OnHost: func(list []*signet.Observation) func(*signet.Observation) signet.Judgement {
				return func(o *signet.Observation) signet.Judgement {
					j := verdictOf(o)
					for i := range j.Findings {
						if len(list) > 1 { // a domain controller, as its directory says
							j.Findings[i].Severity = signet.Critical
						}
					}
					return j
				}
			}}
		var got []string
		if _, err := c.Runs(run(before...), run(after...), func(c *compare.Change) error { got = append(got, c.Kind.String()); return nil }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		want := "appeared worsened"
		if more {
			want = "newly-asked newly-asked"
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("more %v: %q, want %q", more, s, want)
		}
	}
}

// What a host says of itself is told beside both addresses, and makes nothing better.
func TestAlikeIsSaidAndNeverImproved(t *testing.T) {
	old := []*signet.Observation{smb("10.0.0.1", "fs1", g1, "optional")}
	now := []*signet.Observation{ended("10.0.0.1", signet.Silent), smb("10.0.0.9", "fs1", g1, "required")}
	said := 0
	sum, err := comparer(t, signet.Yes).Runs(run(old...), run(now...), func(c *compare.Change) error {
		if c.Kind == compare.Improved || c.Moved() {
			t.Errorf("%s from %s to %s", c.Kind, c.Old, c.New)
		}
		if strings.Contains(strings.Join(c.Because, "; "), "may be the same host") {
			said++
		}
		return nil
	})
	if err != nil || said != 2 || sum.Alike != 1 || sum.Moved != 0 || sum.Changes[compare.Vanished] != 1 || sum.Changes[compare.Appeared] != 1 {
		t.Errorf("%v: said %d times, %+v", err, said, sum)
	}
}
