package check

import "signet"

// Nmap is an endpoint in the words of nmap, for what people built on nmap's XML.
type Nmap struct {
	Service string   // its name in nmap-services; empty: unknown
	TLS     bool     // it speaks TLS from the first byte
	Host    []Script // nmap's scripts about the whole host that the facts answer
	Port    []Script // and about this port
}

// Script is what nmap calls the structured output of one of its scripts: keys in order, each with a value or a list. One
// without entries is not written.
type Script struct {
	ID      string
	Entries []ScriptEntry
}

// ScriptEntry has a List in place of a Value where it is not nil. Both may hold a peer's words: a writer cleans them.
type ScriptEntry struct {
	Key   string
	Value string
	List  []string
}

// Add appends a value, unless it is empty.
func (s *Script) Add(key, value string) {
	if value != "" {
		s.Entries = append(s.Entries, ScriptEntry{Key: key, Value: value})
	}
}

// AddList appends a list, unless it is empty.
func (s *Script) AddList(key string, list ...string) {
	if len(list) > 0 {
		s.Entries = append(s.Entries, ScriptEntry{Key: key, List: list})
	}
}

// NTLMInfo is nmap's script SERVICE-ntlm-info for a CHALLENGE; empty where there was none. Target_Name is left out: it is
// a field of its own in the message and not among the facts.
func NTLMInfo(service string, n *signet.NTLM) Script {
	s := Script{ID: service + "-ntlm-info"}
	if n == nil {
		return s
	}
	s.Add("NetBIOS_Domain_Name", n.NBDomain)
	s.Add("NetBIOS_Computer_Name", n.NBComputer)
	s.Add("DNS_Domain_Name", n.DNSDomain)
	s.Add("DNS_Computer_Name", n.DNSComputer)
	s.Add("DNS_Tree_Name", n.DNSForest)
	s.Add("Product_Version", n.OSVersion)
	return s
}
