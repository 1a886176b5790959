package spnego

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"

	"signet/internal/corpus"
)

// TestCorpus compares the mechanisms of real negotiate answers with their labels.
func TestCorpus(t *testing.T) {
	type label struct {
		File    string   `json:"file"`
		Frame   int      `json:"frame"`
		Mechs   []string `json:"mech_types"`
		Payload string   `json:"payload_hex"`
	}
	var read, empty int
	for _, r := range corpus.Records[label](t, "smb.jsonl", 118) {
		payload, err := hex.DecodeString(r.Payload)
		if err != nil {
			t.Fatal(err)
		}
		blob := securityBlob(payload)
		if len(blob) == 0 {
			if empty++; len(r.Mechs) > 0 {
				t.Errorf("%s frame %d: no blob, labelled %v", r.File, r.Frame, r.Mechs)
			}
			continue
		}
		i, err := ParseInit(blob)
		if err != nil {
			t.Errorf("%s frame %d: %v in %x", r.File, r.Frame, err, blob)
			continue
		}
		read++
		if !slices.Equal(i.MechTypes, r.Mechs) {
			t.Errorf("%s frame %d: %v, labelled %v", r.File, r.Frame, i.MechTypes, r.Mechs)
		}
		if again := AppendInit(nil, i); !bytes.Equal(again, blob) {
			t.Errorf("%s frame %d: written differently\n%x\n%x", r.File, r.Frame, blob, again)
		}
	}
	t.Logf("%d tokens, %d answers without one", read, empty)
	if read < 90 {
		t.Errorf("%d tokens, want at least 90", read)
	}
}

// securityBlob finds the SPNEGO token of a negotiate answer: [MS-SMB2] §2.2.4, [MS-SMB] §2.2.4.5.2.1.
func securityBlob(b []byte) []byte {
	if i := bytes.Index(b, []byte("\xfeSMB")); i >= 0 && len(b) >= i+128 {
		b = b[i:]
		off, n := int(binary.LittleEndian.Uint16(b[64+56:])), int(binary.LittleEndian.Uint16(b[64+58:]))
		if off+n <= len(b) {
			return b[off : off+n]
		}
		return nil
	}
	i := bytes.Index(b, []byte("\xffSMB"))
	if i < 0 || len(b) < i+33+34+2+16 || b[i+32] != 17 {
		return nil
	}
	b = b[i:]
	if binary.LittleEndian.Uint32(b[52:])&0x80000000 == 0 {
		return nil
	}
	return b[69+16:]
}
