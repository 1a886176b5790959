package signet

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"
)

// Client is what was overheard of one client towards one endpoint under one account: names and flags, and nothing that
// could be cracked or replayed. Texts come from the network: a writer sanitises them.
type Client struct {
	At          time.Time  `json:"-"` // first seen, UTC
	Address     netip.Addr `json:"client"`
	Server      netip.Addr `json:"server"`
	Port        uint16     `json:"port"`
	Check       string     `json:"check"`
	Logon       string     `json:"logon,omitempty"` // ntlm, simple, basic, plain; empty: none was seen
	User        string     `json:"user,omitempty"`
	Domain      string     `json:"domain,omitempty"`
	Workstation string     `json:"workstation,omitempty"`
	Target      string     `json:"target,omitempty"`          // the service that it believed to talk to
	Response    string     `json:"response,omitempty"`        // ntlmv2, ntlmv1, ntlmv1-session, lm, anonymous
	Binding     string     `json:"channel_binding,omitempty"` // absent, empty, zero, present
	MIC         *bool      `json:"mic,omitempty"`
	Sign        *bool      `json:"sign,omitempty"` // whether its NTLM asks for signing
	Version     string     `json:"os_version,omitempty"`
	Signing     string     `json:"smb_signing,omitempty"` // what it offers over SMB: required, enabled, none
	SMB1        string     `json:"smb1,omitempty"`        // only: nothing but SMB 1; offered: SMB 1 too
	WebDAV      bool       `json:"webdav,omitempty"`
	Agent       string     `json:"agent,omitempty"`
	Connections uint64     `json:"connections"`
}

// ClientCheck is what stands for a check on the observation that a client is stored as. No check may be called so.
const ClientCheck = "client"

// Observation is the client as a store keeps it: at its own address, under the port that it talked to.
func (c *Client) Observation() (*Observation, error) {
	facts, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("client %s: %w", c.Address, err)
	}
	return &Observation{
		Endpoint: Endpoint{Target: Target{Addr: c.Address}, Port: c.Port},
		Check:    ClientCheck, CheckVersion: 1, At: c.At, Outcome: Answered, Open: true, Facts: RawFacts(facts),
	}, nil
}

// ClientOf reads what Client.Observation made; ok is false for any other observation.
func ClientOf(o *Observation) (c *Client, ok bool, err error) {
	if o.Check != ClientCheck {
		return nil, false, nil
	}
	if o.Facts == nil {
		return nil, true, fmt.Errorf("the client at %s left no facts", o.Addr)
	}
	c = &Client{}
	if err := json.Unmarshal(o.Facts.AppendJSON(nil), c); err != nil {
		return nil, true, fmt.Errorf("the client at %s cannot be read: %w", o.Addr, err)
	}
	c.At, c.Address = o.At, o.Addr
	return c, true, nil
}
