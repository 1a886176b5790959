package ldap

import (
	"signet"
	"signet/internal/check"
)

// judge is pure: facts to verdict. The worst way in wins.
func judge(f *Facts) check.Judgement {
	var j check.Judgement
	all := ways(f)
	j.Verdict = all[0].verdict
	for _, w := range all[1:] {
		j.Verdict = j.Verdict.Worse(w.verdict)
	}
	for _, v := range signet.Verdicts() {
		for _, w := range all {
			if w.verdict == v {
				j.Because = append(j.Because, w.because...)
			}
		}
	}
	for _, w := range all {
		if w.breach == "" {
			continue
		}
		b := check.Breach{Rule: w.breach, Because: w.because, Where: w.where}
		if s := f.domainAtRisk(); s != "" {
			b.Because = append(b.Because[:len(b.Because):len(b.Because)], s)
		}
		j.Breaches = append(j.Breaches, b)
	}
	if s := f.domainAtRisk(); s != "" && j.Verdict == signet.Exposed {
		j.Because = append(j.Because, s)
	}
	return j
}

// domainAtRisk says what a weak domain controller means for its domain; "" where it is none.
func (f *Facts) domainAtRisk() string {
	if f.Domain == "" {
		return ""
	}
	return "one weak domain controller opens the whole domain " + f.Domain
}
