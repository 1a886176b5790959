package rpc

import (
	"fmt"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
	"signet/internal/wire/dcerpc"
)

// Rules of this check.
const (
	ruleCoercible = "rpc-coercible-interface"
	ruleEnrolment = "adcs-rpc-privacy-unknown"
)

// judge is pure. The verdict is never more than undetermined: what an interface demands of an NTLM logon is not in
// the list.
func judge(f *Facts) check.Judgement {
	j := check.Judgement{Verdict: signet.Undetermined}
	switch {
	case f.Fault != 0:
		j.Because = []string{"the endpoint mapper refused to list its interfaces: " + faultText(f.Fault)}
		return j
	case len(f.Interfaces) == 0:
		j.Because = []string{"no interface was seen"}
		return j
	}
	j.Because = []string{fmt.Sprintf("the endpoint mapper lists %s; only a logon with an account shows whether they require packet privacy", text.Count(count(f), "interface", "interfaces"))}
	if f.CertificateAuthority {
		why := "a certification authority takes requests over RPC here (MS-ICPR" + f.at("MS-ICPR") +
			"); only a logon with an account shows whether it requires encryption (ESC11)"
		j.Because = append(j.Because, why)
		j.Breaches = append(j.Breaches, check.Breach{Rule: ruleEnrolment, Because: []string{why}})
	}
	if len(f.Coercible) > 0 {
		why := "any account can make this host log on to another one through " + strings.Join(f.Coercible, ", ") + ", so its logons can be relayed"
		j.Because = append(j.Because, why)
		j.Breaches = append(j.Breaches, check.Breach{Rule: ruleCoercible, Because: []string{why}})
	} else {
		j.Because = append(j.Because, "the list names no interface that is known for coercion, and leaves out those served on named pipes alone")
	}
	if !f.Complete {
		j.Because = append(j.Because, "the list is incomplete")
	}
	return j
}

// count is the number of different interfaces: the list has one entry for each way to one.
func count(f *Facts) int {
	seen := map[string]bool{}
	for _, i := range f.Interfaces {
		seen[i.UUID] = true
	}
	return len(seen)
}

// at says where an interface of that name can be reached from the network.
func (f *Facts) at(name string) string {
	for _, i := range f.Interfaces {
		if i.Name == name && i.Protocol == "ncacn_ip_tcp" {
			return " on port " + i.Endpoint
		}
	}
	return ""
}

// nakText words the reason of a bind_nak (C706 §12.6.4.5).
func nakText(reason uint16) string {
	switch reason {
	case 1:
		return "temporary congestion"
	case 2:
		return "local limit exceeded"
	case 4:
		return "protocol version not supported"
	case 8:
		return "authentication type not recognized"
	}
	return "no reason is known"
}

// faultText names a fault.
func faultText(status uint32) string {
	switch status {
	case dcerpc.FaultAccessDenied:
		return "access denied to a caller without a logon (0x00000005)"
	case dcerpc.FaultOpRange:
		return "no such operation (0x1c010002)"
	case dcerpc.FaultUnknownIf:
		return "no such interface (0x1c010003)"
	}
	return fmt.Sprintf("fault 0x%08x", status)
}
