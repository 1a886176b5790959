package ldap

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// record is a line of ldap.jsonl: what tshark read from a third-party capture.
type record struct {
	File        string              `json:"file"`
	Frame       int                 `json:"frame"`
	Origin      string              `json:"origin"`
	Ops         []int               `json:"ops"`
	ResultCode  string              `json:"resultCode"`
	MatchedDN   string              `json:"matchedDN"`
	Diagnostic  string              `json:"diagnosticMessage"`
	Name        *string             `json:"responseName"`
	SASLCreds   bool                `json:"sasl_creds"`
	RootDSE     map[string]anything `json:"rootdse"`
	PayloadHex  string              `json:"payload_hex"`
	Type2Hex    string              `json:"ntlm_type2_hex"`
	BindRequest *struct {
		Auth string `json:"auth"`
	} `json:"bind_request"`
}

// anything keeps a list of strings and ignores what the corpus shortened to one string.
type anything []string

func (a *anything) UnmarshalJSON(b []byte) error {
	var list []string
	if json.Unmarshal(b, &list) == nil {
		*a = list
	}
	return nil
}

func TestCorpus(t *testing.T) {
	dir := os.Getenv("SIGNET_CORPUS")
	if dir == "" {
		t.Skip("SIGNET_CORPUS is not set: the third-party captures are missing")
	}
	f, err := os.Open(filepath.Join(dir, "ldap.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	records, wrapped, results, values := 0, 0, 0, 0
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		records++
		// After a bind that agreed on signing every message sits in a SASL buffer (RFC 4422 §3.7): a length first.
		if strings.HasPrefix(r.PayloadHex, "0000") {
			wrapped++
			b, _ := hex.DecodeString(r.PayloadHex)
			if m, _, err := ParseMessage(b); err == nil {
				t.Errorf("%s frame %d: a SASL buffer was read as a message: %+v", r.File, r.Frame, m)
			}
			continue
		}
		nr, nv := r.compare(t)
		results, values = results+nr, values+nv
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d records, %d results and %d rootDSE attributes compared", records, results, values)
	if records < 50 || wrapped != 6 || results < 40 || values < 60 {
		t.Errorf("compared %d results and %d attributes of %d records (%d in SASL buffers): the corpus or the test lost some", results, values, records, wrapped)
	}
}

// compare reads every message of a record and checks the labels; it returns how many results and attributes it saw.
func (r record) compare(t *testing.T) (results, values int) {
	b, err := hex.DecodeString(r.PayloadHex)
	if err != nil {
		t.Fatal(err)
	}
	where := r.File + " frame " + strconv.Itoa(r.Frame)
	var ops []int
	for len(b) > 0 {
		m, rest, err := ParseMessage(b)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			return
		}
		b = rest
		ops = append(ops, int(m.Op&0x1f))
		switch m.Op {
		case OpSearchResultEntry:
			e, err := ParseEntry(m)
			if err != nil {
				t.Errorf("%s: %v", where, err)
				return
			}
			for name, want := range r.RootDSE {
				if len(want) == 0 || strings.HasPrefix(want[0], "hex:") {
					continue
				}
				values++
				if got := e.Values(name); len(got) != len(want) || got[0] != want[0] {
					t.Errorf("%s: %s is %q, want %q", where, name, got, want)
				}
			}
		case OpSearchResultDone:
			res, err := ParseSearchDone(m)
			r.result(t, where, res, err)
			results++
		case OpExtendedResponse:
			x, err := ParseExtendedResponse(m)
			r.result(t, where, x.Result, err)
			if r.Name != nil && x.Name != *r.Name {
				t.Errorf("%s: name %q, want %q", where, x.Name, *r.Name)
			}
			results++
		case OpBindResponse:
			x, err := ParseBindResponse(m)
			r.result(t, where, x.Result, err)
			if r.SASLCreds != (x.SASLCreds != nil) && r.BindRequest != nil && r.BindRequest.Auth == "3" {
				t.Errorf("%s: %d bytes of credentials, want some = %v", where, len(x.SASLCreds), r.SASLCreds)
			}
			results++
		}
	}
	for _, want := range r.Ops {
		found := false
		for _, got := range ops {
			found = found || got == want
		}
		if !found {
			t.Errorf("%s: operations %v, want %v", where, ops, r.Ops)
		}
	}
	return results, values
}

func (r record) result(t *testing.T, where string, got Result, err error) {
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	if want, _ := strconv.Atoi(r.ResultCode); got.Code != ResultCode(want) {
		t.Errorf("%s: code %v, want %s", where, got.Code, r.ResultCode)
	}
	text := got.Diagnostic
	for len(text) > 0 && text[len(text)-1] == 0 {
		text = text[:len(text)-1]
	}
	if text != r.Diagnostic {
		t.Errorf("%s: text %q, want %q", where, text, r.Diagnostic)
	}
	if r.Type2Hex != "" && r.MatchedDN == "NTLMSSP" && hex.EncodeToString(got.MatchedDN) != r.Type2Hex {
		t.Errorf("%s: matchedDN is not the challenge: %x", where, got.MatchedDN)
	}
}
