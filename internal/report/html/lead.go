package html

import (
	"fmt"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// Lead is the one sentence for whoever reads no other, and what follows it: of hosts by their worst endpoint, and of what was asked.
func Lead(byHost report.Counts, hosts uint64, c *report.Coverage) (string, string) {
	exposed, open := byHost[signet.Exposed], byHost[signet.Undetermined]
	sub := fmt.Sprintf("Signet asked %s; %s answered.", text.CountGrouped(c.Asked, "endpoint", "endpoints"), text.Grouped(c.Outcomes[signet.Answered]))
	if open > 0 && exposed > 0 {
		sub = text.CountGrouped(open, "more host has no verdict. ", "more hosts have no verdict. ") + sub
	}
	switch {
	case hosts == 0:
		return "No host answered, so there is nothing to judge.", sub
	case exposed == 1:
		return fmt.Sprintf("1 of %s accepts relayed logons: an attacker on the network could act there as somebody else.", text.CountGrouped(hosts, "host", "hosts")), sub
	case exposed > 1:
		return fmt.Sprintf("%s of %s accept relayed logons: an attacker on the network could act there as somebody else.", text.Grouped(exposed), text.CountGrouped(hosts, "host", "hosts")), sub
	case open > 0:
		return fmt.Sprintf("Signet saw no host accept relayed logons; %s.", text.CountGrouped(open, "host has no verdict", "hosts have no verdict")), sub
	case byHost[signet.Unseen] == hosts:
		return "Signet saw no host ask for an NTLM logon, and no guard against relaying either.", sub
	case byHost[signet.Unseen] > 0:
		return fmt.Sprintf("Signet saw no host accept relayed logons: %s, and %s.",
			text.CountGrouped(byHost[signet.Guarded], "host is guarded", "hosts are guarded"), text.CountGrouped(byHost[signet.Unseen], "host asked for no logon", "hosts asked for no logon")), sub
	}
	return "Every host that answered refuses relayed logons.", sub
}

// scope names what was asked in a few words: the first target, and how many more there are.
func scope(h *report.Header) string {
	if len(h.Targets) == 0 {
		return text.Cut(text.Clean(h.Run), 60)
	}
	first := text.Cut(text.Clean(h.Targets[0]), 60)
	if more := len(h.Targets) - 1; more > 0 {
		return first + " and " + text.Grouped(uint64(more)) + " more"
	}
	return first
}
