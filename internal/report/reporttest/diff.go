package reporttest

import (
	"net/netip"

	"signet"
	"signet/internal/compare"
)

// Changes are one of each kind and more, with hostile names where the network gives them.
func Changes() []*compare.Change {
	bad := Hostile()
	at := func(s string) signet.Endpoint {
		return signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(s), Name: bad}, Port: 445}
	}
	f := func(rule string, s signet.Severity, where string) signet.Finding {
		return signet.Finding{Rule: rule, Severity: s, Title: "Title of " + rule, Where: where, Because: []string{"seen", bad}}
	}
	signing := f("smb-signing-not-required", signet.High, "")
	return []*compare.Change{
		{Kind: compare.Worsened, Old: at("10.0.0.1"), New: at("10.0.0.9"), Host: bad, Check: "smb", OldVerdict: signet.Guarded, NewVerdict: signet.Exposed,
			Gained: []signet.Finding{signing, f("http-ntlm-plain", signet.Medium, bad)}, Lost: []signet.Finding{f("smb1-enabled", signet.Medium, "")},
			Rated: []compare.Rated{{Finding: f("http-note", signet.Critical, "/a"), Was: signet.Low}}, Because: []string{bad, "signing is not required"}},
		{Kind: compare.Appeared, New: at("10.0.0.2"), Host: "fs2.corp.example", Check: "smb", NewVerdict: signet.Exposed, Gained: []signet.Finding{signing}},
		{Kind: compare.Appeared, New: at("10.0.0.3"), Check: "smb", NewVerdict: signet.Guarded},
		{Kind: compare.NewlyAsked, Old: at("10.0.0.5"), New: at("10.0.0.5"), Host: bad, Check: "http", OldVerdict: signet.Unseen, NewVerdict: signet.Exposed,
			Gained: []signet.Finding{f("http-ntlm-plain", signet.High, "/certsrv/")}, Because: []string{"the old run did not ask it", bad}},
		{Kind: compare.Vanished, Old: at("10.0.0.11"), New: at("10.0.0.11"), Check: "http", OldVerdict: signet.Guarded, NewVerdict: signet.Unseen},
		{Kind: compare.Undetermined, Old: at("10.0.0.4"), New: at("10.0.0.4"), Check: "smb", OldVerdict: signet.Exposed, Lost: []signet.Finding{signing}, Because: []string{"the conversation broke off"}},
		{Kind: compare.NotAsked, Old: at("2001:db8::1"), Host: bad, Check: "smb", OldVerdict: signet.Exposed, Lost: []signet.Finding{signing}, Because: []string{"the new run did not ask it"}},
		{Kind: compare.Vanished, Old: at("10.0.0.6"), Check: "smb", OldVerdict: signet.Exposed, Lost: []signet.Finding{signing}, Because: []string{"asked again: silent"}},
		{Kind: compare.Improved, Old: at("10.0.0.7"), New: at("10.0.0.7"), Host: "fs7", Check: "smb", OldVerdict: signet.Exposed, NewVerdict: signet.Guarded, Lost: []signet.Finding{signing}},
		{Kind: compare.Improved, Old: at("10.0.0.8"), New: at("10.0.0.8"), Check: "http", OldVerdict: signet.Undetermined, NewVerdict: signet.Guarded},
	}
}
