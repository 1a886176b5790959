package imports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"regexp"

	"signet/internal/bounds"
)

// masscanLine is a record of masscan: of -oJ with its ports in a list, of -oD (ndjson) with one beside the address.
type masscanLine struct {
	IP    string `json:"ip"`
	Type  string `json:"rec_type"`
	Proto string `json:"proto"`
	Port  *int   `json:"port"`
	Ports []struct {
		Port  *int   `json:"port"`
		Proto string `json:"proto"`
	} `json:"ports"`
}

// Masscan reads masscan's JSON, however it is laid out. It tells of open ports and nothing else: they are counted.
func Masscan(r io.Reader, host Hosts) (Stats, error) {
	st := Stats{Source: "masscan"}
	in := bounds.NewObjects(r)
	bare := regexp.MustCompile(`([{,]\s*)([a-z_]+)(\s*:)`)
	for b, err := range in.All() {
		if err != nil {
			st.missed(&in.Odd)
			return st, err
		}
		l, ok := masscanRecord(b, bare)
		if !ok {
			in.Odd.Add(in.Line, "this is no record of masscan")
			continue
		}
		if l == nil { // {finished: 1}, with which it ended before 1.3
			continue
		}
		addr, err := netip.ParseAddr(l.IP)
		if err != nil {
			in.Odd.Add(in.Line, fmt.Sprintf("%.60q is no address", l.IP))
			continue
		}
		ports := len(l.Ports)
		if l.Port != nil && l.Type != "banner" {
			ports++
		}
		host.see(addr, ports > 0 || l.Port != nil)
		st.Endpoints += uint64(ports)
	}
	st.missed(&in.Odd)
	return st, nil
}

// masscanRecord reads a record; nil without an error for one that only says that masscan has finished. Old versions wrote keys without
// quotes, and a comma behind the last port.
func masscanRecord(b []byte, bare *regexp.Regexp) (*masscanLine, bool) {
	var l struct {
		masscanLine
		Finished json.RawMessage `json:"finished"`
	}
	if json.Unmarshal(b, &l) != nil {
		b = bare.ReplaceAll(b, []byte(`$1"$2"$3`))
		b = regexp.MustCompile(`,(\s*[\]}])`).ReplaceAll(b, []byte("$1"))
		if json.Unmarshal(b, &l) != nil {
			return nil, false
		}
	}
	if l.IP == "" {
		return nil, l.Finished != nil || bytes.Equal(bytes.TrimSpace(b), []byte("{}"))
	}
	return &l.masscanLine, true
}
