package prose

import (
	"fmt"

	"signet/internal/report"
	"signet/internal/text"
)

// mostSteps is how many pieces of work a report names; signet fix names them all.
const mostSteps = 10

// stepsAbout says by what the steps are ordered, from how many hosts paths are counted, and where there is more.
func (d *digest) stepsAbout() string {
	about := "the severest first"
	switch {
	case d.paths == nil:
	case d.paths.Sources == 0:
		about += "; no Windows host was seen to count relay paths from"
	default:
		about += ", of those the one that removes most relay paths, counted from " +
			text.Count(d.paths.Sources, "Windows host", "Windows hosts") + " (signet explain path-smb-to-smb)"
	}
	return about + "; what may break, and how to verify: signet explain RULE"
}

// firstSteps are the steps that a report names, and what it says of the others, empty where there is none.
func (d *digest) firstSteps() (list []report.Step, left string) {
	list = d.steps.Sorted()
	if more := len(list) - mostSteps; more > 0 {
		list, left = list[:mostSteps], fmt.Sprintf("… and %d more", more)
		if all := d.origin.Script("", d.h.Run); all != "" {
			left += ": " + all
		} else {
			left += " below, with their endpoints"
		}
	}
	return list, left
}

// printSteps prints the one order of work.
func (t *textRun) printSteps(p *page) {
	list, left := t.firstSteps()
	if len(list) == 0 {
		return
	}
	p.heading("WHAT TO DO FIRST", t.stepsAbout())
	for i := range list {
		s := &list[i]
		p.item(fmt.Sprint(i+1), t.style.severity(s.Severity)+": "+t.style.bold(s.Title)+" "+t.style.faint("("+s.Rule+")"))
		p.text(10, 10, s.Fix)
		p.text(10, 10, s.Closes())
		if script := t.origin.Script(s.Rule, t.h.Run); script != "" {
			p.whole(10, t.style.faint(script))
		}
	}
	if left != "" {
		p.text(2, 2, t.style.faint(left))
	}
}
