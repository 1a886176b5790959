package line

import "signet"

// Diff is what a diff line says: which runs are compared, and under which policy.
type Diff struct {
	Old, New string
	Policy   string // name/version
	Warnings []string
}

// Change is what a change line says of one endpoint.
type Change struct {
	Kind string
	// Old and New are the endpoint in each run. The one that is not there has no address, and is not written.
	Old, New               signet.Endpoint
	OldVerdict, NewVerdict signet.Verdict
	Host                   string
	Check                  string
	Gained, Lost           []signet.Finding // of a finding its rule, severity and place are written
	Rated                  []Rated
	Because                []string
}

// Rated is a finding whose severity changed.
type Rated struct {
	*signet.Finding // as in the new run
	Was             signet.Severity
}

// DiffSummary is what the summary line of a diff says.
type DiffSummary struct {
	Changes []ChangeCount // in the order in which they are written

	OldHosts, NewHosts         uint64
	Moved, Alike, Replaced     uint64 // hosts, hosts, addresses
	OldEndpoints, NewEndpoints uint64
}

// ChangeCount is how many changes there are of a kind.
type ChangeCount struct {
	Kind string
	N    uint64
}

// AppendDiff appends a diff line.
func AppendDiff(b []byte, d *Diff) []byte {
	b = appendText(b, `{"kind":"diff","schema":"`+Schema+`","old":`, d.Old)
	b = appendText(b, `,"new":`, d.New)
	b = appendText(b, `,"policy":`, d.Policy)
	return append(appendStrings(b, `,"warnings":`, d.Warnings), '}')
}

// AppendChange appends a change line.
func AppendChange(b []byte, c *Change) []byte {
	b = appendWord(b, `{"kind":"change","change":`, c.Kind)
	b = appendChanged(b, `,"old":`, &c.Old, c.OldVerdict)
	b = appendChanged(b, `,"new":`, &c.New, c.NewVerdict)
	b = appendText(b, `,"host":`, c.Host)
	b = appendText(b, `,"check":`, c.Check)
	b = appendRules(b, `,"gained":[`, c.Gained)
	b = appendRules(b, `,"lost":[`, c.Lost)
	b = append(b, `,"rated":[`...)
	for i := range c.Rated {
		b = appendRule(b, i, c.Rated[i].Finding)
		b = append(appendWord(b, `,"was":`, c.Rated[i].Was.String()), '}')
	}
	return append(appendStrings(b, `],"because":`, c.Because), '}')
}

// appendChanged appends an endpoint as one of the runs has it, where it does.
func appendChanged(b []byte, key string, e *signet.Endpoint, v signet.Verdict) []byte {
	if !e.Addr.IsValid() {
		return b
	}
	b = appendAddr(append(b, key...), `{"address":`, e.Addr)
	b = appendCount(b, `,"port":`, uint64(e.Port))
	b = appendWord(b, `,"transport":`, e.Transport.String())
	return append(appendWord(b, `,"verdict":`, v.String()), '}')
}

func appendRules(b []byte, key string, list []signet.Finding) []byte {
	b = append(b, key...)
	for i := range list {
		b = append(appendRule(b, i, &list[i]), '}')
	}
	return append(b, ']')
}

// appendRule appends the i-th finding of a list without its closing brace.
func appendRule(b []byte, i int, f *signet.Finding) []byte {
	b = appendText(b, object(i, `"rule":`), f.Rule)
	b = appendWord(b, `,"severity":`, f.Severity.String())
	return appendText(b, `,"where":`, f.Where)
}

// AppendDiffSummary appends the summary line of a diff.
func AppendDiffSummary(b []byte, s *DiffSummary) []byte {
	b = append(b, `{"kind":"summary","changes":{`...)
	for i, c := range s.Changes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCount(b, `"`+c.Kind+`":`, c.N)
	}
	b = appendCount(b, `},"old_hosts":`, s.OldHosts)
	b = appendCount(b, `,"new_hosts":`, s.NewHosts)
	b = appendCount(b, `,"moved":`, s.Moved)
	b = appendCount(b, `,"alike":`, s.Alike)
	b = appendCount(b, `,"replaced":`, s.Replaced)
	b = appendCount(b, `,"old_endpoints":`, s.OldEndpoints)
	return append(appendCount(b, `,"new_endpoints":`, s.NewEndpoints), '}')
}
