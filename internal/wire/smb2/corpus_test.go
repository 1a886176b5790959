package smb2

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"

	"signet/internal/corpus"
)

// record is what the labels of a captured server answer say of SMB 2.
type record struct {
	Proto        string   `json:"proto"`
	Payload      string   `json:"payload_hex"`
	Status       string   `json:"nt_status"`
	Dialect      string   `json:"dialect"`
	SecurityMode string   `json:"security_mode_raw"`
	GUID         string   `json:"server_guid_raw"`
	Caps         string   `json:"caps"`
	SystemTime   string   `json:"system_time"`
	Count        string   `json:"neg_ctx_count"`
	Ciphers      []string `json:"ciphers"`
	Signing      []string `json:"sign_algs"`
	Compression  []string `json:"comp"`
	File         string   `json:"file"`
	Frame        int      `json:"frame"`
}

// TestCorpus reads every answer that third parties captured from real servers and compares with labels that two
// other decoders made.
func TestCorpus(t *testing.T) {
	seen := 0
	for _, r := range corpus.Records[record](t, "smb.jsonl", 118) {
		if r.Proto == "smb2" {
			seen++
			t.Run(fmt.Sprintf("%s#%d", r.File, r.Frame), func(t *testing.T) { compare(t, r) })
		}
	}
	if seen < 50 {
		t.Errorf("%d records", seen)
	}
}

func compare(t *testing.T, r record) {
	msg := message(t, r.Payload)
	n, err := ParseNegotiate(msg)
	if err != nil {
		t.Fatal(err)
	}
	got := record{
		Proto: "smb2", Payload: r.Payload, Status: fmt.Sprintf("0x%08x", 0), Dialect: fmt.Sprintf("0x%04x", n.Dialect),
		SecurityMode: fmt.Sprintf("0x%02x", n.SecurityMode), GUID: hex.EncodeToString(n.ServerGUID[:]),
		Caps: fmt.Sprintf("0x%08x", n.Capabilities), File: r.File, Frame: r.Frame,
		SystemTime: FileTime(n.SystemTime).Format("Jan _2, 2006 15:04:05.000000000 UTC"),
	}
	c, err := n.Contexts()
	if err != nil {
		t.Fatal(err)
	}
	if n.Dialect == Dialect311 {
		got.Count = fmt.Sprint(binary.LittleEndian.Uint16(msg[HeaderSize+6:]))
	} else {
		got.Count = r.Count
	}
	got.Ciphers, got.Signing, got.Compression = labels(&c.Ciphers), labels(&c.Signing), labels(&c.Compression)
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", r); g != w {
		t.Errorf("got\n%s, want\n%s", g, w)
	}
	if _, err := n.SecurityBuffer(); err != nil {
		t.Error(err)
	}
}

func labels(l *IDs) []string {
	out := []string{}
	for i := range l.Len() {
		out = append(out, fmt.Sprintf("0x%04x", l.At(i)))
	}
	return out
}
