package judge

import (
	"fmt"
	"slices"
	"time"

	"signet"
	"signet/internal/check"
)

// Opinion is what a check thinks of an observation: verdict, reasons, and the rules that it breaks. No policy changes it, so that
// it may be kept, and its breaches rated under another policy without the facts. Who has it gives each breach to Rate.
func (j *Judge) Opinion(o *signet.Observation) check.Judgement {
	c, known := j.checks[o.Check]
	if !known {
		return check.Judgement{Because: []string{fmt.Sprintf("this version of Signet has no check %q", o.Check)}}
	}
	if o.Outcome != signet.Answered && (o.Outcome != signet.Withheld || o.Facts == nil) {
		return check.Judgement{Because: []string{reason(o)}}
	}
	if o.Facts == nil {
		return check.Judgement{Because: []string{"Signet has no facts of the answer"}}
	}
	view, err := c.Judge(o.Facts)
	if err != nil {
		return check.Judgement{Because: []string{"Signet cannot read the stored facts: " + err.Error()}}
	}
	if o.Outcome == signet.Withheld {
		view.Verdict = signet.Undetermined
	}
	if view.Verdict == signet.Undetermined && o.Err != nil {
		view.Because = append(slices.Clip(view.Because), o.Err.Phase+": "+o.Err.Text) // what left a question open
	}
	return view
}

// Rated is what a policy makes of a breach.
type Rated struct {
	Severity signet.Severity
	On       bool // the policy rates the rule; else it is switched off, and no finding
	// Exception is the one that covers the breach, which is no finding then; nil where none does. One that is Expired covers
	// nothing any more.
	Exception *Exception
	Expired   bool
}

// Excepted tells whether somebody accepted the breach.
func (r *Rated) Excepted() bool { return r.Exception != nil && !r.Expired }

// Finding tells whether the breach is a finding.
func (r *Rated) Finding() bool { return r.On && !r.Excepted() }

// Because says in a sentence what an exception means for the breach; "" where there is none.
func (r *Rated) Because(rule string) string {
	switch {
	case r.Exception == nil:
		return ""
	case r.Expired:
		return r.Exception.lapsed()
	}
	return r.Exception.because(rule)
}

// Rate rates a breach of a rule on a host that plays the roles and stands in a place. observed is when it was seen: exceptions are
// held against that day, unless the judge has one of its own (On).
func (j *Judge) Rate(rule string, roles []string, at Place, observed time.Time) (r Rated) {
	if r.Severity, r.On = j.policy.SeverityAt(rule, roles, at); !r.On {
		return r
	}
	if !j.day.IsZero() {
		observed = j.day
	}
	r.Exception, r.Expired = j.policy.exception(rule, at, observed)
	return r
}

// RateAnywhere rates a breach of a rule where the policy rates it alike on every host and in every place; ok is false where it may not.
func (j *Judge) RateAnywhere(rule string) (r Rated, ok bool) {
	p := j.policy
	if len(p.byRole[rule]) > 0 ||
		slices.ContainsFunc(p.Severities, func(x Rating) bool { return x.Rule == rule || x.Rule == anyRule }) ||
		slices.ContainsFunc(p.Exceptions, func(x Exception) bool { return x.Rule == rule || x.Rule == anyRule }) {
		return r, false
	}
	r.Severity, r.On = p.Severity(rule)
	return r, true
}

// Leaves tells whether a breach that is rated so has to be fixed: nobody accepted it, and it opens a relay or is more than
// information. An endpoint is accepted where something is excepted and nothing is left.
func (j *Judge) Leaves(rule string, r *Rated) bool {
	return !r.Excepted() && (j.relays[rule] || r.On && r.Severity > signet.Info)
}

// Title is what a rule is about, in a line; "" for a rule that no check has.
func (j *Judge) Title(rule string) string { return j.titles[rule] }

// Standing says which roles count for an observation and where it stands, whatever the policy makes of that: as its whole host is
// known, or, where h is nil, as it shows by itself.
func (j *Judge) Standing(o *signet.Observation, h *signet.Host) (roles []string, at Place) {
	at.Addr = o.Addr
	if o.Name != "" {
		at.Names = append(at.Names, o.Name)
	}
	if h != nil {
		for _, r := range h.Roles {
			if r.Certain {
				roles = append(roles, r.Role)
			}
		}
		for _, n := range h.Names {
			if n.Kind == check.NameDNS.String() || n.Kind == check.NameNetBIOS.String() || n.Kind == check.NameAlias.String() {
				at.Names = append(at.Names, n.Name)
			}
		}
		return roles, at
	}
	c := j.checks[o.Check]
	if c == nil || c.Identify == nil || o.Facts == nil {
		return nil, at
	}
	id, err := c.Identify(o.Facts)
	if err != nil {
		return nil, at
	}
	for _, r := range id.Roles {
		if r.Certain {
			roles = append(roles, r.Role)
		}
	}
	for _, n := range id.Names {
		if n.Kind == check.NameDNS || n.Kind == check.NameNetBIOS {
			at.Names = append(at.Names, n.Name)
		}
	}
	return roles, at
}

// standing is Standing as far as the policy asks for it: it costs nothing under one that does not tell hosts apart.
func (j *Judge) standing(o *signet.Observation, h *signet.Host) (roles []string, at Place) {
	if j.policy.hosts {
		return j.Standing(o, h)
	}
	return nil, Place{Addr: o.Addr}
}
