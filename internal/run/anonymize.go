package run

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
)

// mask replaces addresses and names by others, the same one always by the same. The zero mask and nil replace nothing.
type mask struct {
	on    bool
	addrs map[netip.Addr]netip.Addr
	names map[string]string
	four  uint32
	six   uint32
}

func newMask(on bool) *mask {
	return &mask{on: on, addrs: map[netip.Addr]netip.Addr{}, names: map[string]string{}}
}

// naming are the fields of facts that name a host, a domain, a person or a place in a directory. A field that is not
// listed keeps its text, so that a new one is to be looked at: TestMaskKnowsEveryText does.
func naming() map[string]bool {
	m := map[string]bool{}
	for _, k := range []string{
		"nb_computer", "nb_domain", "dns_computer", "dns_domain", "dns_forest", "subject", "issuer", "names", "domain", "greeting", "answer", "text",
		"dnsHostName", "serverName", "dsServiceName", "ldapServiceName", "defaultNamingContext", "rootDomainNamingContext",
		"configurationNamingContext", "namingContexts", "instance", "name", "pipe", "location", "annotation", "server_guid", "error", "path",
	} {
		m[k] = true
	}
	return m
}

func (m *mask) addr(a netip.Addr) netip.Addr {
	if to, ok := m.addrs[a]; ok {
		return to
	}
	var to netip.Addr
	if a.Is4() {
		m.four++
		to = netip.AddrFrom4([4]byte{10, byte(m.four >> 16), byte(m.four >> 8), byte(m.four)})
	} else {
		m.six++
		to = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 12: byte(m.six >> 24), 13: byte(m.six >> 16), 14: byte(m.six >> 8), 15: byte(m.six)})
	}
	m.addrs[a] = to
	return to
}

func (m *mask) name(s string) string {
	if s == "" || s == "/" {
		return s
	}
	key := strings.ToLower(s)
	if to, ok := m.names[key]; ok {
		return to
	}
	to := fmt.Sprintf("name-%d", len(m.names)+1)
	m.names[key] = to
	return to
}

// observation rewrites one in place. Its transcript is dropped: names stand in it too.
func (m *mask) observation(o *signet.Observation) {
	if !m.on {
		return
	}
	o.Addr, o.Trace = m.addr(o.Addr), nil
	o.Name = m.name(o.Name)
	if o.Err != nil {
		o.Err = &signet.Failure{Phase: o.Err.Phase, Text: "left out by --anonymize"}
	}
	if o.Facts == nil {
		return
	}
	var v any
	if json.Unmarshal(o.Facts.AppendJSON(nil), &v) != nil {
		o.Facts = nil
		return
	}
	masked, err := json.Marshal(m.walk(v, "", naming()))
	if err != nil {
		o.Facts = nil
		return
	}
	o.Facts = signet.RawFacts(masked)
}

func (m *mask) walk(v any, key string, naming map[string]bool) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) { // so that the same file gives the same names
			below := k
			if k == "server" && (key == "smb1" || key == "instances") {
				below = "name"
			}
			v[k] = m.walk(v[k], below, naming)
		}
		return v
	case []any:
		for i := range v {
			v[i] = m.walk(v[i], key, naming)
		}
		return v
	case string:
		switch {
		case key == "server_guid" && v != "":
			n := m.name(v)
			var i int
			fmt.Sscanf(n, "name-%d", &i)
			return fmt.Sprintf("00000000-0000-0000-0000-%012x", i)
		case naming[key]:
			return m.name(v)
		}
	}
	return v
}

// client rewrites one in place.
func (m *mask) client(c *signet.Client) {
	if !m.on {
		return
	}
	c.Address, c.Server = m.addr(c.Address), m.addr(c.Server)
	c.User, c.Domain, c.Workstation, c.Target = m.name(c.User), m.name(c.Domain), m.name(c.Workstation), m.name(c.Target)
	c.Agent = ""
}
