package reporttest

import (
	"signet"
	"signet/internal/report"
)

// Excepted is a run with exceptions: one endpoint that they cover whole, one that keeps a finding beside them, and one that is
// guarded and breaks a rule that nobody accepted.
func Excepted() []*report.Line {
	accepted := func(rule string, s signet.Severity, owner, reason string) signet.Excepted {
		return signet.Excepted{Finding: signet.Finding{Rule: rule, Severity: s, Title: "SMB 1 or no signing"}, Owner: owner, Reason: reason, Until: "2026-06-30"}
	}
	whole, part, guarded := Verdict("10.0.0.7", signet.Exposed), Verdict("10.0.0.8", signet.Exposed), Verdict("10.0.0.9", signet.Guarded)
	whole.Name = "copier"
	whole.Accepted = true
	whole.Excepted = []signet.Excepted{accepted("smb-signing-not-required", signet.High, "Mara", "the copier cannot sign"), accepted("smb1-enabled", signet.Medium, "=Mara", Hostile())}
	part.Excepted = []signet.Excepted{accepted("smb-signing-not-required", signet.High, "Mara", "the copier cannot sign")}
	part.Judgement.Findings = []signet.Finding{{Rule: "http-ntlm-plain", Severity: signet.High, Title: "plain"}}
	guarded.Judgement.Findings = []signet.Finding{{Rule: "smb1-enabled", Severity: signet.Medium, Title: "SMB 1"}}
	return []*report.Line{whole, part, guarded}
}
