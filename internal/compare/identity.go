package compare

import (
	"strings"

	"signet"
	"signet/internal/check"
)

// identity is what a host shows of itself over all its endpoints, in lower case.
type identity struct {
	guid    string
	names   []string // of the computer, by NTLM, rootDSE or NetBIOS: DNS names first
	domain  string
	aliases []string // names of its certificates
	asked   []string // names that the user asked it by
}

// by files the name under which an address was asked: the resolver vouches for it, not the peer.
func (id *identity) by(t signet.Target) {
	if name := strings.ToLower(t.ServerName()); name != "" {
		id.asked = put(id.asked, name)
	}
}

func (id *identity) add(from check.Identity) {
	if id.guid == "" {
		id.guid = strings.ToLower(from.GUID)
	}
	for _, n := range from.Names {
		name := strings.ToLower(n.Name)
		switch n.Kind {
		case check.NameDNS:
			id.names = put(id.names, name)
		case check.NameNetBIOS:
			if len(id.names) == 0 {
				id.names = put(id.names, name)
			}
		case check.NameAlias:
			id.aliases = put(id.aliases, name)
		case check.NameDomain, check.NameNetBIOSDomain:
			if id.domain == "" {
				id.domain = name
			}
		}
	}
}

func put(list []string, s string) []string {
	for _, t := range list {
		if s == t {
			return list
		}
	}
	return append(list, s)
}

func common(a, b []string) bool {
	for _, s := range a {
		for _, t := range b {
			if s == t || strings.HasPrefix(s, t+".") || strings.HasPrefix(t, s+".") { // FS1 and fs1.corp.example
				return true
			}
		}
	}
	return false
}

// same tells whether two identities are one host's. The name decides before the GUID: a reinstalled host keeps its name,
// clones share a GUID. Where neither is known on both sides, it is not known.
func (id *identity) same(other *identity) signet.Answer {
	switch {
	case len(id.names) > 0 && len(other.names) > 0:
		if common(id.names, other.names) {
			return signet.Yes
		}
		return signet.No
	case id.guid != "" && other.guid != "":
		if id.guid == other.guid {
			return signet.Yes
		}
		return signet.No
	}
	return signet.NotKnown
}

// keys are what a host shows of itself elsewhere, the surest first. All of it can be copied by anybody who saw it: it makes
// two hosts alike and not one. A GUID of zeros or without a name beside it says too little even for that.
func (id *identity) keys() []string {
	var list []string
	if len(id.names) > 0 {
		if id.guid != "" {
			list = append(list, "guid+name "+id.guid+" "+id.names[0])
		}
		list = append(list, "name "+id.names[0]+" "+id.domain)
	}
	if id.guid != "" && len(id.names) == 0 && strings.Trim(id.guid, "0-") != "" {
		list = append(list, "guid "+id.guid)
	}
	if len(list) == 0 {
		for _, a := range id.aliases {
			list = append(list, "certificate "+a)
		}
	}
	return list
}

// label is what people call it.
func (id *identity) label() string {
	for _, list := range [][]string{id.names, id.aliases, id.asked} {
		if len(list) > 0 {
			return list[0]
		}
	}
	return ""
}
