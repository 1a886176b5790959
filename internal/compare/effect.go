package compare

import "signet"

// Move is what became of a finding.
type Move string

// The moves of a finding, as the columns of a report name them.
const (
	Gained   Move = "gained" // it is in the new run only
	Lost     Move = "lost"   // it is in the old run only
	Regraded Move = "rated"  // it has another severity
)

// Effect is what a change means for one finding, or for the endpoint where no finding moved.
type Effect struct {
	Move    Move            // empty without a finding
	Finding *signet.Finding // nil where none moved
	Was     signet.Severity // before, of one that is Regraded
	At      signet.Endpoint // where it stands, or stood
}

// Effects lists what a change means, finding by finding: one Effect without a finding where none moved.
func (c *Change) Effects() []Effect {
	var list []Effect
	for i := range c.Gained {
		list = append(list, Effect{Move: Gained, Finding: &c.Gained[i], At: c.New})
	}
	for i := range c.Lost {
		list = append(list, Effect{Move: Lost, Finding: &c.Lost[i], At: c.Old})
	}
	for i := range c.Rated {
		list = append(list, Effect{Move: Regraded, Finding: &c.Rated[i].Finding, Was: c.Rated[i].Was, At: c.New})
	}
	if list == nil {
		list = []Effect{{At: c.Endpoint()}}
	}
	return list
}

// Endpoint is the endpoint in the new run, or in the old one where the new one has none.
func (c *Change) Endpoint() signet.Endpoint {
	if c.New.Addr.IsValid() {
		return c.New
	}
	return c.Old
}

// Verdict is the verdict as far as it is known now: undetermined where the new run has none.
func (c *Change) Verdict() signet.Verdict {
	if c.New.Addr.IsValid() {
		return c.NewVerdict
	}
	return signet.Undetermined
}

// Closes tells whether the findings that were lost are known to be closed: silence closes nothing, and a host that is away may
// come back.
func (c *Change) Closes() bool {
	return c.Kind == Improved || c.Kind == Worsened || c.Kind == NewlyAsked
}

// Opens tells whether there is something to fix now that was not known before: a finding above information, or an endpoint that
// is exposed.
func (c *Change) Opens() bool {
	for i := range c.Gained {
		if c.Gained[i].Severity > signet.Info {
			return true
		}
	}
	return c.NewVerdict == signet.Exposed
}

// Broke tells whether a change left something to fix: it got worse, or came with a weakness.
func (c *Change) Broke() bool { return c.Kind == Worsened || c.Kind == Appeared && c.Opens() }
