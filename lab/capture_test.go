package lab_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCaptureOfAScan: the lab recorded while it is scanned says in a capture what the scan said, endpoint by endpoint.
// What was said inside TLS is unknown there; nothing is different.
func TestCaptureOfAScan(t *testing.T) {
	rows := inventory(t)
	up := running(t)
	if _, err := exec.LookPath("tcpdump"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI must have tcpdump")
		}
		t.Skip("tcpdump is not installed (lab/install brings it)")
	}
	file := filepath.Join(t.TempDir(), "lab.pcap")
	var asked map[string]line
	record(t, file, func() { asked = scan(t, targets(rows, up, checks(t))...) })
	heard := readCapture(t, file)

	said := map[string]int{} // facts that a capture gave too, by check
	for k, want := range asked {
		if want.Outcome != "answered" {
			continue
		}
		got, ok := heard[k]
		if !ok {
			if want.Check == "smb" || want.Check == "mssql" || want.Check == "rdp" || want.Check == "rpc" {
				t.Errorf("%s: not heard", k)
			}
			continue
		}
		for name, v := range serverFacts(&want) {
			other := serverFacts(&got)[name]
			switch {
			case other == v && v != "":
				said[want.Check+" "+name]++
			case other != "" && v != "":
				t.Errorf("%s: %s is %q in the capture, %q in the scan\n got %s\nwant %s", k, name, other, v, got.raw, want.raw)
			case other == "" && want.Check == "smb":
				t.Errorf("%s: %s is unknown in the capture, %q in the scan\n got %s\nwant %s", k, name, v, got.raw, want.raw)
			}
		}
		if got.Verdict != want.Verdict && got.Verdict != "undetermined" && want.Verdict != "undetermined" {
			t.Errorf("%s: %s in the capture, %s in the scan\n got %s\nwant %s", k, got.Verdict, want.Verdict, got.raw, want.raw)
		}
	}
	t.Log(said)
	for _, name := range []string{"smb signing", "smb smb1", "http path /", "ldap signing", "mssql encryption", "rdp nla", "mail mechanisms", "rpc interfaces"} {
		if group, _, _ := strings.Cut(name, " "); said[name] == 0 && up[cmp.Or(map[string]string{"ldap": "dc", "rpc": "dc"}[group], group)] {
			t.Errorf("no capture told %s", name)
		}
	}
}

// serverFacts are facts of an endpoint in words; what is not known is left out.
func serverFacts(l *line) map[string]string {
	f := &l.Facts
	out := map[string]string{}
	add := func(name, v string) {
		if v != "" && v != "unknown" && v != "null" {
			out[name] = v
		}
	}
	switch l.Check {
	case "smb":
		add("signing", f.Signing)
		add("dialect", f.Dialect)
		if f.SMB1 != nil && f.SMB1.Offered != nil {
			add("smb1", map[bool]string{true: "offered", false: "refused"}[*f.SMB1.Offered])
			add("smb1 signing", f.SMB1.Signing)
		}
	case "ldap":
		add("signing", f.Signing)
	case "rdp":
		add("nla", f.NLA)
	case "mssql":
		add("encryption", string(f.Encryption))
	case "mail":
		if string(f.TLS) == `"none"` || string(f.TLS) == `"plain"` {
			add("mechanisms", strings.Join(slices.Sorted(slices.Values(f.Mechanisms)), " "))
		}
	case "rpc":
		if f.Complete {
			add("interfaces", fmt.Sprint(len(f.Interfaces)))
		}
	case "http":
		if len(f.TLS) > 0 {
			break
		}
		for _, p := range f.Paths {
			if p.Status == 401 {
				add("path "+p.Path, strings.Join(slices.Compact(slices.Sorted(slices.Values(p.Schemes))), " "))
			}
		}
	}
	return out
}

// record lets tcpdump listen on the loopback interface while do runs.
func record(t *testing.T, file string, do func()) {
	t.Helper()
	cmd := exec.Command("tcpdump", "-i", "lo", "-U", "-B", "65536", "-s", "0", "-Z", "root", "-w", file, "tcp and (net 127.20.0.0/16 or ip6 net fd00:20::/64)")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if info, err := os.Stat(file); err == nil && info.Size() >= 24 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("tcpdump does not start: %s", stderr.String())
		}
	}
	do()
	time.Sleep(time.Second) // for what the kernel still holds
	cmd.Process.Signal(syscall.SIGINT)
	if err := <-ended; err != nil {
		t.Fatalf("tcpdump: %v: %s", err, stderr.String())
	}
	if !strings.Contains(stderr.String(), "\n0 packets dropped by kernel") {
		t.Logf("tcpdump: %s", stderr.String())
	}
}

// readCapture is `signet read`, by endpoint and check.
func readCapture(t *testing.T, file string) map[string]line {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), "read", "--store", "none", "-o", "jsonl", file)
	cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+os.DevNull)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("signet read: %v", err)
	}
	lines := map[string]line{}
	for b := range bytes.Lines(out) {
		if !bytes.HasPrefix(b, []byte(`{"kind":"endpoint"`)) {
			continue
		}
		l := line{raw: string(b)}
		if err := json.Unmarshal(b, &l); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		lines[key(l.Address, fmt.Sprint(l.Port), l.Check)] = l
	}
	return lines
}
