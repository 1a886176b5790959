package signet

import "net/netip"

// Host is what the observations of one address say together, once everything was asked of it. Names, versions and
// texts come from the network: a writer sanitises them.
type Host struct {
	Address netip.Addr `json:"address"`
	Name    string     `json:"name"`   // the best name for people; empty when nothing named it
	Domain  string     `json:"domain"` // the DNS name of its AD domain, or the NetBIOS name where that is all there is
	Forest  string     `json:"forest"`

	// SameAs is an address asked before that showed the same server GUID and the same computer and domain names. Anybody can
	// show them: it may be the same host, and is counted as one of its own.
	SameAs netip.Addr `json:"same_as,omitzero"`

	OS        string `json:"os"`         // what the build stands for: more than one product where they share it
	OSVersion string `json:"os_version"` // major.minor.build as an NTLM CHALLENGE says it
	Windows   Answer `json:"windows"`
	Samba     bool   `json:"samba"`

	Roles         []HostRole     `json:"roles"` // surest first
	Names         []HostName     `json:"names"` // everything that named it, and who said so
	Disagreements []string       `json:"disagreements"`
	Products      []string       `json:"products"` // what its software calls itself
	GUID          string         `json:"server_guid,omitempty"`
	Endpoints     []HostEndpoint `json:"endpoints"` // where something was there, by port
	Findings      []HostFinding  `json:"findings"`  // severities by the policy and the host's roles
}

// Answer is yes, no, or not known.
type Answer uint8

const (
	NotKnown Answer = iota
	No
	Yes
)

func answerWords() []string { return []string{"unknown", "no", "yes"} }

func (a Answer) String() string { return name(answerWords(), a) }

// MarshalText writes yes, no or unknown.
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads yes, no or unknown.
func (a *Answer) UnmarshalText(text []byte) (err error) {
	*a, err = parse[Answer](answerWords(), "yes, no or unknown", text)
	return err
}

// HostRole is a part that a host plays.
type HostRole struct {
	Role    string `json:"role"`    // a word of check.Roles
	Certain bool   `json:"certain"` // false: a hint, which rates nothing
	Because string `json:"because"`
}

// HostName is one name and everything that said it.
type HostName struct {
	Kind string   `json:"kind"` // dns, netbios, alias, domain, netbios-domain, forest
	Name string   `json:"name"`
	From []string `json:"from"` // "445 ntlm", "636 certificate", "389 rootdse", "target"
}

// HostEndpoint is one endpoint of a host where something was there.
type HostEndpoint struct {
	Port      uint16  `json:"port"`
	Transport string  `json:"transport"` // tcp, udp
	Check     string  `json:"check"`
	Outcome   Outcome `json:"outcome"`
	Verdict   Verdict `json:"verdict"`
}

// HostFinding is a finding of one endpoint of a host.
type HostFinding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Check    string   `json:"check"`
	Port     uint16   `json:"port"`
	Where    string   `json:"where"`
}

// Has tells whether the host is known for certain to play a role.
func (h *Host) Has(role string) bool {
	for _, r := range h.Roles {
		if r.Role == role && r.Certain {
			return true
		}
	}
	return false
}
