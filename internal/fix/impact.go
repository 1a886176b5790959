package fix

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"

	"signet"
)

// Standing is what is known of a host under a fix.
type Standing uint8

const (
	NotKnown Standing = iota // nothing was seen that tells
	Fine                     // it was seen to do what the fix asks
	Breaks                   // it was seen not to
)

func (s Standing) String() string { return [...]string{"not known", "fine", "would break"}[min(s, 2)] }

// Impact is what a fix would do to one host.
type Impact struct {
	Addr    netip.Addr
	Name    string
	State   Standing
	Because string
}

// Witness gathers what a run says of who would break. What hosts do as clients is not seen by asking them as servers:
// only what a server cannot do says something, and the rest is not known unless a capture showed it.
type Witness struct {
	rule  string
	order []netip.Addr
	hosts map[netip.Addr]*witnessed
}

type witnessed struct {
	smb, smb1, smb2, canSign bool
	ldap, noCertificate      bool
	plainHTTP, tls           bool

	standing Standing // as a client, where client says why
	client   string
}

// NewWitness begins for a rule.
func NewWitness(rule string) *Witness {
	return &Witness{rule: rule, hosts: map[netip.Addr]*witnessed{}}
}

// facts are those that tell, of any check (contract.md).
type facts struct {
	Dialect string       `json:"dialect"`
	Signing signet.Level `json:"signing"`
	SMB1    struct {
		Offered *bool        `json:"offered"`
		Signing signet.Level `json:"signing"`
	} `json:"smb1"`
	Certificate string          `json:"certificate"`
	TLS         json.RawMessage `json:"tls"`
}

// Hear takes an observation. Facts that cannot be read say nothing.
func (w *Witness) Hear(o *signet.Observation) {
	if !o.Reached() {
		return
	}
	h := w.hosts[o.Addr]
	if h == nil {
		h = &witnessed{}
		w.hosts[o.Addr] = h
		w.order = append(w.order, o.Addr)
	}
	if o.Facts == nil || o.Outcome != signet.Answered && o.Outcome != signet.Withheld {
		return
	}
	var f facts
	if json.Unmarshal(o.Facts.AppendJSON(nil), &f) != nil {
		return
	}
	switch o.Check {
	case "smb":
		h.smb = true
		h.smb1 = h.smb1 || f.SMB1.Offered != nil && *f.SMB1.Offered
		h.smb2 = h.smb2 || f.Dialect != "" && f.Dialect != "1.0"
		h.canSign = h.canSign || f.Signing == signet.Optional || f.Signing == signet.Required || f.SMB1.Signing == signet.Optional || f.SMB1.Signing == signet.Required
	case "ldap":
		h.ldap = true
		h.noCertificate = h.noCertificate || f.Certificate == "missing"
	case "http":
		if len(f.TLS) > 2 {
			h.tls = true
		} else {
			h.plainHTTP = true
		}
	}
}

// Judge says how a host stands. What it rests on is said, also where nothing is known.
func (w *Witness) Judge(addr netip.Addr, name string) Impact {
	h := w.hosts[addr]
	out := Impact{Addr: addr, Name: name, Because: "what it does as a client was not seen"}
	if h == nil {
		return out
	}
	set := func(s Standing, format string, args ...any) {
		out.State, out.Because = s, fmt.Sprintf(format, args...)
	}
	if h.client != "" {
		set(h.standing, "%s", h.client)
		return out
	}
	switch {
	case w.rule == "smb-signing-not-required" || w.rule == "smb-guarded-by-dialect-floor-only":
		switch {
		case h.smb && !h.canSign:
			set(Breaks, "its SMB cannot sign at all: as a client it most likely cannot either")
		case h.smb2:
			set(Fine, "it speaks SMB 2 or later, which every client can sign; guest access ends all the same")
		}
	case strings.HasPrefix(w.rule, "smb1-") || w.rule == "smb-plaintext-passwords":
		switch {
		case h.smb1 && !h.smb2:
			set(Breaks, "it speaks SMB 1 only: as a server nobody reaches it without SMB 1, as a client it reaches nobody")
		case h.smb2:
			set(Fine, "it speaks SMB 2 or later")
		}
	case w.rule == "ldap-signing-not-required":
		if h.ldap && h.noCertificate {
			set(Breaks, "it seems to have no certificate for LDAPS: clients with simple binds have nowhere to go")
		} else if h.ldap {
			set(NotKnown, "LDAPS is there; which clients bind without signing only event 2889 tells")
		}
	case strings.HasPrefix(w.rule, "ldap-channel-binding"):
		if h.ldap {
			set(NotKnown, "which clients send no binding only events 3039, 3074 and 3075 tell")
		}
	case strings.Contains(w.rule, "-ntlm-http") || w.rule == "http-ntlm-plain" || w.rule == "http-basic-plain":
		switch {
		case h.plainHTTP && !h.tls:
			set(Breaks, "no TLS was seen on it: without a certificate nobody reaches the page any more")
		case h.tls:
			set(Fine, "it serves TLS; links and clients that say http:// still break")
		}
	}
	return out
}

// Hosts lists the addresses in the order of their first observation.
func (w *Witness) Hosts() []netip.Addr { return w.order }
