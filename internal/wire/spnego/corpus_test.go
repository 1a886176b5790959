package spnego

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestCorpus compares the mechanisms of real negotiate answers with their labels.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("SIGNET_CORPUS")
	if dir == "" {
		t.Skip("SIGNET_CORPUS is not set: the folder of public captures and their labels is missing")
	}
	f, err := os.Open(filepath.Join(dir, "smb.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var read, empty int
	for lines.Scan() {
		var r struct {
			File    string   `json:"file"`
			Frame   int      `json:"frame"`
			Mechs   []string `json:"mech_types"`
			Payload string   `json:"payload_hex"`
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
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
	if err := lines.Err(); err != nil || read < 90 {
		t.Errorf("%d tokens, want at least 90 (%v)", read, err)
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
