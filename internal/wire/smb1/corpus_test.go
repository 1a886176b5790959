package smb1

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"signet/internal/corpus"
)

// record is what the labels of a captured server answer say of SMB 1.
type record struct {
	Proto     string  `json:"proto"`
	Payload   string  `json:"payload_hex"`
	Index     int     `json:"dialect_index"`
	Words     string  `json:"wct"`
	Mode      string  `json:"security_mode_raw"`
	GUID      *string `json:"server_guid_raw"`
	Caps      *string `json:"caps"`
	Challenge *string `json:"smb1_challenge"`
	Domain    *string `json:"smb1_primary_domain"`
	Server    *string `json:"smb1_server"`
	Zone      string  `json:"smb1_timezone"`
	File      string  `json:"file"`
	Frame     int     `json:"frame"`
}

// TestCorpus reads every answer that third parties captured from real servers and compares with labels that two
// other decoders made.
func TestCorpus(t *testing.T) {
	seen := 0
	for _, r := range corpus.Records[record](t, "smb.jsonl", 118) {
		if r.Proto == "smb1" {
			seen++
			t.Run(fmt.Sprintf("%s#%d", r.File, r.Frame), func(t *testing.T) { compare(t, r) })
		}
	}
	if seen < 50 {
		t.Errorf("%d records", seen)
	}
}

func compare(t *testing.T, r record) {
	n, err := ParseNegotiate(message(t, r.Payload))
	if err != nil {
		t.Fatal(err)
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	mode, err := strconv.ParseUint(r.Mode, 0, 16)
	if err != nil {
		t.Fatal(err)
	}
	guid := ""
	if n.ExtendedSecurity() {
		guid = hex.EncodeToString(n.GUID[:])
	}
	domain := text(r.Domain)
	if strings.Trim(domain, "?") == "" { // the label could not decode an eight-bit name
		domain = n.Domain
	}
	want := fmt.Sprintln(r.Words, r.Index, mode, text(r.GUID), text(r.Challenge), domain, "/", text(r.Server), r.Zone)
	got := fmt.Sprintln(n.WordCount, n.DialectIndex, n.SecurityMode, guid, hex.EncodeToString(n.Challenge), n.Domain, "/", n.Server, n.TimeZone)
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if caps := fmt.Sprintf("0x%08x", n.Capabilities); r.Caps != nil && caps != *r.Caps {
		t.Errorf("capabilities %s, want %s", caps, *r.Caps)
	}
}
