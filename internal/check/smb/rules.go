package smb

import (
	"signet"
	"signet/internal/check"
)

// Rules that an endpoint can break.
const (
	RuleSigning     = "smb-signing-not-required"
	RuleSMB1        = "smb1-enabled"
	RuleSMB1Signing = "smb1-signing-not-required"
	RulePlaintext   = "smb-plaintext-passwords"
	RuleFloorOnly   = "smb-guarded-by-dialect-floor-only"
	RuleNoNTLM      = "smb-ntlm-not-offered"
)

func rules() []check.Rule {
	return []check.Rule{
		{ID: RuleSigning, Title: "SMB signing is not required", Requires: "the server requires SMB 2 and 3 signing of every client",
			Refers: []string{"T1557.001", "M1037-relay", "SC-8", "SC-8(1)", "AC-17(2)", "cis-smb-signing", "ms-smb-signing"},
			Opens:  check.Way{To: check.ToSMB, Guard: signet.Optional}, Recipe: requireSigning(), Breaks: withoutSigning()},
		{ID: RuleSMB1Signing, Title: "SMB 1 is on and does not require signing", Requires: "the server has SMB 1 off, or requires signing for it",
			Refers: []string{"T1557.001", "M1037-relay", "M1042-legacy", "SC-8", "CM-7", "cis-smb1", "cis-smb-signing", "ms-smb1"},
			Opens:  check.Way{To: check.ToSMB, Guard: signet.Optional},
			Recipe: removeSMB1("Where SMB 1 has to stay for a while, require signing instead: signet fix " + RuleSigning + ". "), Breaks: withoutSMB2()},
		{ID: RulePlaintext, Title: "SMB 1 takes passwords in plain text", Requires: "the server never asks for passwords in plain text",
			Refers: []string{"T1040", "M1041-web", "SC-8", "cis-smb-plaintext"},
			Recipe: encryptPasswords(), Breaks: withoutSMB2()},
		{ID: RuleSMB1, Title: "SMB 1 is still on", Requires: "the server has SMB 1 off",
			Refers: []string{"M1042-legacy", "CM-6", "CM-7", "cis-smb1", "ms-smb1"},
			Recipe: removeSMB1(""), Breaks: withoutSMB2()},
		{ID: RuleFloorOnly, Title: "Only the 3.1.1 dialect floor prevents SMB relay", Requires: "the server requires signing at every dialect",
			Refers: []string{"T1557.001", "M1037-relay", "SC-8", "cis-smb-signing", "cis-smb-floor", "ms-smb-dialects"},
			Recipe: requireSigning(), Breaks: withoutSigning()},
		{ID: RuleNoNTLM, Title: "NTLM is not offered over SMB", Requires: "nothing: this is for information",
			Refers: []string{"ms-smb-signing"}},
	}
}
