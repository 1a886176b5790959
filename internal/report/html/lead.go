package html

import (
	"fmt"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// lead is the one sentence for whoever reads no other, and what follows it.
func lead(byHost report.Counts, hosts uint64, s *report.Summary) (string, string) {
	exposed, open := byHost[signet.Exposed], byHost[signet.Undetermined]
	sub := fmt.Sprintf("%s of %s asked answered.", text.CountGrouped(s.Coverage.Outcomes[signet.Answered], "endpoint", "endpoints"), text.Grouped(s.Coverage.Asked))
	if open > 0 && exposed > 0 {
		sub = fmt.Sprintf("%s could not be told. ", text.CountGrouped(open, "host more", "hosts more")) + sub
	}
	switch {
	case hosts == 0:
		return "Nothing was there to be judged.", sub
	case exposed == 1:
		return fmt.Sprintf("1 of %s accepts relayed logons: an attacker on the network could act there as somebody else.", text.CountGrouped(hosts, "host", "hosts")), sub
	case exposed > 1:
		return fmt.Sprintf("%s of %s accept relayed logons: an attacker on the network could act there as somebody else.", text.Grouped(exposed), text.CountGrouped(hosts, "host", "hosts")), sub
	case open > 0:
		return fmt.Sprintf("No host was seen to accept relayed logons; %s could not be told.", text.CountGrouped(open, "host", "hosts")), sub
	case byHost[signet.Unseen] == hosts:
		return "No host that answered was seen to take NTLM logons, and no guard was seen either.", sub
	case byHost[signet.Unseen] > 0:
		return fmt.Sprintf("No host was seen to accept relayed logons: %s, and at %s no logon was asked for.",
			text.CountGrouped(byHost[signet.Guarded], "host is guarded", "hosts are guarded"), text.CountGrouped(byHost[signet.Unseen], "host", "hosts")), sub
	}
	return "Every host that answered refuses relayed logons.", sub
}
