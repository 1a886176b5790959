package capture_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/capture"
	"signet/internal/check/all"
)

// corpus names the folder of captured answers, which is not part of the project.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SIGNET_CORPUS")
	if dir == "" {
		t.Skip("SIGNET_CORPUS does not name the folder of captured answers")
	}
	return dir
}

// records reads the labels of one file of the corpus.
func records[T any](t testing.TB, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus(t), name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var r T
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if lines.Err() != nil || len(out) == 0 {
		t.Fatalf("%s: %d records, %v", name, len(out), lines.Err())
	}
	return out
}

// heard is what a capture says, endpoint by endpoint and check by check.
type heard map[string]string

func key(addr string, port int, check string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	return fmt.Sprintf("%s %s", netip.AddrPortFrom(a, uint16(port)), check)
}

// hear reads a capture, and gives the facts as JSON.
func hear(t testing.TB, path string) (heard, *capture.Reader) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return hearBytes(t, b)
}

func hearBytes(t testing.TB, b []byte) (heard, *capture.Reader) {
	t.Helper()
	kind, in, err := capture.Open(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r := capture.NewReader(all.Checks())
	if err := r.Read(kind, in); err != nil {
		var damage *capture.DamageError
		if !errors.As(err, &damage) && !errors.Is(err, capture.ErrNetMon) {
			t.Fatal(err)
		}
		t.Log(err)
	}
	out := heard{}
	err = r.Observations(func(o *signet.Observation) error {
		out[key(o.Addr.String(), int(o.Port), o.Check)] = string(o.Facts.AppendJSON(nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, r
}

// netmon tells whether a file is one of Network Monitor, which is refused by name.
func netmon(t *testing.T, file string) bool {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus(t), file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kind, in, err := capture.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	if kind != capture.KindNetMon {
		return false
	}
	if err := capture.NewReader(nil).Read(kind, in); !errors.Is(err, capture.ErrNetMon) {
		t.Errorf("%s: %v", file, err)
	}
	return true
}

type smbLabel struct {
	File, Server_ip, Proto, Level, Origin, Nt_status string
	Port, Frame                                      int
	Dialect_index                                    *int
}

type smbFacts struct {
	Dialect, Signing string
	SMB1             struct {
		Offered *bool
		Signing string
	}
}

// TestCorpusSMB: every label of a server's negotiate answer is met. Where an endpoint answered more than once the
// weakest level counts. An answer that agrees to no dialect has no level.
func TestCorpusSMB(t *testing.T) {
	type want struct{ two, one string }
	files := map[string]map[string]*want{}
	weaker := func(a, b string) string {
		for _, l := range []string{"off", "optional", "required"} {
			if a == l || b == l {
				return l
			}
		}
		return "unknown"
	}
	for _, r := range records[smbLabel](t, "smb.jsonl") {
		if files[r.File] == nil {
			files[r.File] = map[string]*want{}
		}
		k := key(r.Server_ip, r.Port, "smb")
		w := files[r.File][k]
		if w == nil {
			w = &want{"unknown", "unknown"}
			files[r.File][k] = w
		}
		switch {
		case r.Proto == "smb2":
			w.two = weaker(w.two, r.Level)
		case r.Dialect_index != nil && *r.Dialect_index != 0xffff:
			w.one = weaker(w.one, r.Level)
		}
	}
	for file, wants := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if netmon(t, file) {
				return
			}
			got, _ := hear(t, filepath.Join(corpus(t), file))
			for k, w := range wants {
				f := smbFacts{Signing: "unknown"}
				f.SMB1.Signing = "unknown"
				if raw := got[k]; raw != "" {
					if err := json.Unmarshal([]byte(raw), &f); err != nil {
						t.Fatal(err)
					}
				}
				if f.Signing != w.two || f.SMB1.Signing != w.one {
					t.Errorf("%s: SMB 2 %s, want %s; SMB 1 %s, want %s\n%s", k, f.Signing, w.two, f.SMB1.Signing, w.one, got[k])
				}
			}
		})
	}
}

var _ = base64.StdEncoding
var _ = strings.Contains
