package judge_test

import (
	"slices"
	"testing"

	"signet"
	"signet/internal/judge"
)

// Facts that make a verdict, by the check that judges them.
func telling() map[string]map[signet.Verdict]string {
	return map[string]map[signet.Verdict]string{
		"smb": {
			signet.Exposed: `{"dialect":"2.1","smb2_offered":true,"signing":"optional","security_mode":"0x01","smb1":{"offered":false},"ntlm_offer":"proven"}`,
			signet.Guarded: `{"dialect":"3.1.1","smb2_offered":true,"signing":"required","security_mode":"0x03","smb1":{"offered":false},"ntlm_offer":"proven"}`,
		},
		"http": {
			signet.Exposed: `{"paths":[{"path":"/certsrv/","status":401,"schemes":["NTLM"],"ntlm":"proven","epa":"unknown"}]}`,
			signet.Guarded: `{"paths":[{"path":"/certsrv/","status":401,"schemes":["Negotiate"],"ntlm":"no","negotiate":"kerberos-only","epa":"unknown"}]}`,
			signet.Unseen:  `{"paths":[{"path":"/certsrv/","status":404,"schemes":[],"ntlm":"no","epa":"unknown"}]}`,
		},
	}
}

// Nothing but an answer is ever exposed, guarded or unseen, whatever else is known.
func TestOnlyAnswersDecide(t *testing.T) {
	j := policy(t, judge.Source("baseline"))
	for name, by := range telling() {
		for verdict, facts := range by {
			for _, outcome := range signet.Outcomes() {
				want := signet.Undetermined
				if outcome == signet.Answered {
					want = verdict
				}
				o := signet.Observation{Check: name, Outcome: outcome, Facts: signet.RawFacts(facts)}
				if got := j.Observation(&o); got.Verdict != want || len(got.Because) == 0 {
					t.Errorf("%s, %v: %v, want %v (%q)", name, outcome, got.Verdict, want, got.Because)
				}
			}
		}
	}
}

// What left a question open is among the reasons.
func TestUndeterminedSaysWhatFailed(t *testing.T) {
	const facts = `{"dialect":"3.1.1","smb2_offered":true,"signing":"required","security_mode":"0x03","smb1":{"offered":null},"ntlm_offer":"proven"`
	failure := &signet.Failure{Phase: "smb1 negotiate", Text: "no answer in time"}
	const said = "smb1 negotiate: no answer in time"
	for undecided, want := range map[string]bool{`,"undecided":["smb1"]}`: true, `,"undecided":[]}`: false} {
		o := signet.Observation{Check: "smb", Outcome: signet.Answered, Facts: signet.RawFacts(facts + undecided), Err: failure}
		got := policy(t, judge.Source("baseline")).Observation(&o)
		if (got.Verdict == signet.Undetermined) != want || slices.Contains(got.Because, said) != want {
			t.Errorf("%s: %v, %q", undecided, got.Verdict, got.Because)
		}
	}
}
