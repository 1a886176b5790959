package judge

import (
	"slices"
	"time"

	"signet"
	"signet/internal/check"
)

// Judge holds a policy over a list of checks. It may be shared.
type Judge struct {
	policy *Policy
	checks map[string]*check.Check
	titles map[string]string
	relays map[string]bool // rules that open a relay
	day    time.Time       // exceptions are held against it; zero: against each observation's own
}

// New makes a judge over checks, which are not copied. A policy that names a rule no check has is refused: a misspelt rule would silently keep its
// default severity.
func New(checks []check.Check, p *Policy) (*Judge, error) {
	j := &Judge{policy: p, checks: map[string]*check.Check{}, titles: map[string]string{}, relays: map[string]bool{}}
	for i := range checks {
		c := &checks[i]
		j.checks[c.Name] = c
		for _, r := range c.Rules {
			j.titles[r.ID], j.relays[r.ID] = r.Title, r.Relay()
		}
	}
	if err := p.unknownRule(j.titles); err != nil {
		return nil, err
	}
	return j, nil
}

// On gives a judge that holds exceptions against a day instead of against the day of each observation: one that has
// expired since makes a stored run's finding stand again.
func (j *Judge) On(day time.Time) *Judge {
	c := *j
	c.day = day
	return &c
}

// Policy is the policy in force.
func (j *Judge) Policy() *Policy { return j.policy }

// TellsHosts says that the policy rates by the roles or the names of a host. What one endpoint shows of its host is not
// all of it then: a finding waits for the rest, to be judged by OnHost.
func (j *Judge) TellsHosts() bool { return j.policy.hosts }

// Observation judges one observation by what it shows of its host itself.
func (j *Judge) Observation(o *signet.Observation) signet.Judgement { return j.observation(o, nil) }

// OnHost judges one observation as part of its whole host.
func (j *Judge) OnHost(o *signet.Observation, h *signet.Host) signet.Judgement {
	return j.observation(o, h)
}

// observation judges; h is nil where the host is not known.
func (j *Judge) observation(o *signet.Observation, h *signet.Host) signet.Judgement {
	view := j.Opinion(o)
	out := signet.Judgement{Verdict: view.Verdict, Because: view.Because}
	if len(view.Breaches) == 0 {
		return out
	}
	roles, at := j.standing(o, h)
	left := false // something that would have to be fixed, if nobody accepts it
	for _, b := range view.Breaches {
		r := j.Rate(b.Rule, roles, at, o.At)
		left = left || j.Leaves(b.Rule, &r)
		if !r.On {
			continue
		}
		f := signet.Finding{Rule: b.Rule, Severity: r.Severity, Title: j.titles[b.Rule], Because: b.Because, Where: b.Where}
		if r.Excepted() {
			out.Because = append(slices.Clip(out.Because), r.Because(b.Rule))
			out.Excepted = append(out.Excepted, signet.Excepted{Finding: f, Owner: r.Exception.Owner, Reason: r.Exception.Reason, Until: r.Exception.Until})
			continue
		}
		if r.Expired {
			f.Because = append(slices.Clip(f.Because), r.Because(b.Rule))
		}
		out.Findings = append(out.Findings, f)
	}
	out.Accepted = len(out.Excepted) > 0 && !left
	if len(out.Findings) > 1 {
		slices.SortStableFunc(out.Findings, func(a, b signet.Finding) int { return int(b.Severity) - int(a.Severity) })
	}
	return out
}

// reason words an outcome that decides nothing.
func reason(o *signet.Observation) string {
	var s string
	switch o.Outcome {
	case signet.Skipped:
		s = "Signet did not ask"
	case signet.Refused:
		s = "the port is closed"
	case signet.Silent:
		s = "the host did not answer in time"
	case signet.Foreign:
		s = "another protocol answers there"
	case signet.Broken:
		s = "the conversation broke off"
	case signet.Withheld:
		s = "this depth does not allow the logon that would decide it"
	case signet.Fault:
		s = "Signet or this machine failed"
	default:
		s = "outcome " + o.Outcome.String()
	}
	if o.Err != nil {
		s += ": " + o.Err.Phase + ": " + o.Err.Text
	}
	return s
}
