package mail

import (
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// blind lists what no answer of a mail server shows.
func blind() []check.Spot[Facts] {
	return []check.Spot[Facts]{
		{Blind: check.Blind{Lack: check.LacksAccount, What: "Extended Protection at", One: "mail server over TLS", Many: "mail servers over TLS"},
			At: func(f *Facts, _ signet.Verdict) bool {
				return slices.ContainsFunc(f.Ways, func(w Way) bool { return w.NTLM == proven && w.Over != overPlain })
			}},
		{Blind: check.Blind{Lack: check.LacksWindows, What: "the answers of Exchange at", One: "mail server", Many: "mail servers"},
			At: func(f *Facts, _ signet.Verdict) bool {
				return len(f.Exchange) > 0 || strings.Contains(f.Greeting, "Microsoft") || strings.Contains(f.Greeting, "Exchange")
			}},
	}
}
