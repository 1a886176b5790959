package capture_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
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
	return hearBytes(t, read(t, path))
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
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

type ntlmLabel struct {
	Nb_computer, Nb_domain, Dns_computer string
}

type label struct {
	File, Server_ip, Transport, Carrier, Origin string
	Port, Frame                                 int
	Ntlm                                        *ntlmLabel

	Schemes []string // http
	Path    string
	Status  int

	What        string // tds
	Encryption  string
	Version_str string

	SelectedProtocol *string // rdp

	ResultCode *string // ldap
	Rootdse    map[string]any
}

// byFile groups labels, so that each capture is read once.
func byFile(list []label) map[string][]label {
	out := map[string][]label{}
	for _, l := range list {
		out[l.File] = append(out[l.File], l)
	}
	return out
}

// meet runs one test a file; see says what is missing, or "".
func meet(t *testing.T, name, check string, see func(facts string, l *label) string) {
	for file, labels := range byFile(records[label](t, name)) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if netmon(t, file) {
				return
			}
			got, _ := hear(t, filepath.Join(corpus(t), file))
			for _, l := range labels {
				if l.Transport == "udp" {
					continue // CLDAP is not heard
				}
				if strings.HasSuffix(file, "zeek_zeek__erspan.pcap") {
					l.Server_ip = "192.168.69.2" // the label names the switch that sent the copy
				}
				facts := got[key(l.Server_ip, l.Port, check)]
				if why := see(facts, &l); why != "" {
					t.Errorf("frame %d, %s:%d: %s\n%s", l.Frame, l.Server_ip, l.Port, why, facts)
				}
			}
		})
	}
}

// named says whether facts hold the names of a challenge.
func named(facts string, n *ntlmLabel) string {
	if n == nil {
		return ""
	}
	var f struct{ NTLM *signet.NTLM }
	if json.Unmarshal([]byte(facts), &f) != nil || f.NTLM == nil {
		return "no NTLM names"
	}
	if f.NTLM.NBComputer != n.Nb_computer || f.NTLM.NBDomain != n.Nb_domain || f.NTLM.DNSComputer != n.Dns_computer {
		return fmt.Sprintf("names %+v, want %+v", *f.NTLM, *n)
	}
	return ""
}

func TestCorpusHTTP(t *testing.T) {
	meet(t, "http.jsonl", "http", func(facts string, l *label) string {
		var f struct {
			Paths []struct {
				Path    string
				Schemes []string
			}
		}
		json.Unmarshal([]byte(facts), &f)
		u, _ := url.Parse(l.Path)
		for _, p := range f.Paths {
			if p.Path != u.Path {
				continue
			}
			for _, s := range l.Schemes {
				if !slices.Contains(p.Schemes, s) {
					return "scheme " + s + " is missing"
				}
			}
			return named(facts, l.Ntlm)
		}
		return "path " + u.Path + " is missing"
	})
}

func TestCorpusTDS(t *testing.T) {
	meet(t, "tds.jsonl", "mssql", func(facts string, l *label) string {
		var f struct{ Encryption, Version string }
		json.Unmarshal([]byte(facts), &f)
		word := map[string]string{"0": "off", "1": "on", "2": "not-supported", "3": "required"}[l.Encryption]
		if l.What == "prelogin_response" && (f.Encryption != word || f.Version != l.Version_str) {
			return "want encryption " + word + ", version " + l.Version_str
		}
		return ""
	})
}

func TestCorpusRDP(t *testing.T) {
	words := map[string]string{"0x00000000": "rdp", "0x00000001": "tls", "0x00000002": "nla", "0x00000008": "nla"}
	meet(t, "rdp.jsonl", "rdp", func(facts string, l *label) string {
		if l.SelectedProtocol == nil || strings.HasSuffix(l.File, "zeek_zeek__rdp-invalid-length.pcap") && facts == "" {
			return "" // a negotiation structure of another length than any: nothing is guessed from it
		}
		word := words[*l.SelectedProtocol]
		if word == "" && strings.HasPrefix(*l.SelectedProtocol, "legacy") {
			word = "rdp"
		}
		var f struct{ Protocols []string }
		json.Unmarshal([]byte(facts), &f)
		if word != "" && !slices.Contains(f.Protocols, word) {
			return "protocol " + word + " is missing"
		}
		return ""
	})
}

func TestCorpusLDAP(t *testing.T) {
	meet(t, "ldap.jsonl", "ldap", func(facts string, l *label) string {
		if facts == "" {
			return "not heard"
		}
		return named(facts, l.Ntlm)
	})
}

func TestCorpusChallenges(t *testing.T) {
	for file, labels := range byFile(records[label](t, "ntlm_other.jsonl")) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got, _ := hear(t, filepath.Join(corpus(t), file))
			for _, l := range labels {
				carrier := l.Carrier[strings.LastIndex(l.Carrier, "/")+1:]
				check := map[string]string{"dcerpc": "rpc", "smb": "smb", "tds": "mssql"}[carrier]
				if strings.HasPrefix(l.Carrier, "nbss") {
					check = "smb"
				}
				facts := got[key(l.Server_ip, l.Port, check)]
				if why := named(facts, l.Ntlm); why != "" {
					t.Errorf("frame %d, %s:%d %s: %s\n%s", l.Frame, l.Server_ip, l.Port, l.Carrier, why, facts)
				}
			}
		})
	}
}
