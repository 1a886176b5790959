package capture_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestSeesWhatTsharkSees: every frame that tshark calls a server's negotiate answer, or that holds a type 2, is one that
// was heard: the endpoint is there, with a level where the answer gives one, and with the names of the challenge.
func TestSeesWhatTsharkSees(t *testing.T) {
	dir := corpus(t)
	if os.Getenv("SIGNET_LONG") == "" {
		t.Skip("SIGNET_LONG is not set: starting tshark for each capture takes minutes")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI must have tshark")
		}
		t.Skip("tshark is not installed (lab/install brings it)")
	}
	files, err := filepath.Glob(filepath.Join(dir, "pcaps", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	negotiates, challenges := 0, 0
	for _, path := range files {
		if netmon(t, filepath.Join("pcaps", filepath.Base(path))) {
			continue
		}
		var got heard
		for _, f := range dissected(t, path) {
			if got == nil {
				got, _ = hear(t, path)
			}
			at := fmt.Sprintf("%s, frame %s", filepath.Base(path), f.frame)
			if f.smb2 || f.smb1 {
				negotiates++
				var facts smbFacts
				json.Unmarshal([]byte(got[f.server+" smb"]), &facts)
				switch {
				case f.smb2 && facts.Signing == "unknown" || f.smb2 && facts.Signing == "":
					t.Errorf("%s: an answer to an SMB 2 negotiate of %s, heard as %q", at, f.server, got[f.server+" smb"])
				case f.smb1 && facts.SMB1.Offered == nil:
					t.Errorf("%s: an answer to an SMB 1 negotiate of %s, heard as %q", at, f.server, got[f.server+" smb"])
				}
			}
			if f.computer != "" {
				challenges++
				if !got.names(f.server, f.computer) {
					t.Errorf("%s: a challenge of %s by %s, heard as %v", at, f.computer, f.server, got)
				}
			}
		}
	}
	if negotiates < 100 || challenges < 50 {
		t.Errorf("tshark saw %d negotiates and %d challenges", negotiates, challenges)
	}
	t.Logf("%d negotiates, %d challenges", negotiates, challenges)
}

// names tells whether any check heard a computer's name from an endpoint.
func (h heard) names(server, computer string) bool {
	for k, facts := range h {
		if strings.HasPrefix(k, server+" ") && strings.Contains(facts, `"nb_computer":`+strconv.Quote(computer)) {
			return true
		}
	}
	return false
}

// dissection is a frame as tshark reads it.
type dissection struct {
	frame, server string
	smb1, smb2    bool   // an answer to a negotiate, with status 0
	computer      string // the NetBIOS name in a type 2
}

// dissected asks tshark for the frames in question. Where a frame is a tunnel's, the innermost addresses count.
func dissected(t *testing.T, path string) []dissection {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "tshark", "-n", "-r", path, "-Y", "(smb2.cmd == 0 && smb2.flags.response == 1) || (smb.cmd == 0x72 && smb.flags.response == 1) || ntlmssp.messagetype == 2",
		"-T", "fields", "-E", "occurrence=l", "-E", "separator=|", "-e", "frame.number", "-e", "ip.src", "-e", "ipv6.src", "-e", "tcp.srcport",
		"-e", "smb2.cmd", "-e", "smb2.nt_status", "-e", "smb2.sec_mode", "-e", "smb.cmd", "-e", "smb.nt_status", "-e", "smb.dialect.index", "-e", "ntlmssp.challenge.target_info.nb_computer_name")
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.Output() // fails on a damaged file, and has said what stands before the damage
	if err != nil && len(out) == 0 {
		return nil
	}
	var list []dissection
	for line := range bytes.Lines(out) {
		f := strings.Split(strings.TrimSpace(string(line)), "|")
		if len(f) != 11 {
			t.Fatalf("%s: %q", path, line)
		}
		addr := f[1]
		if addr == "" {
			addr = f[2]
		}
		a, err := netip.ParseAddr(addr)
		port, _ := strconv.Atoi(f[3])
		if err != nil || port == 0 {
			continue // over UDP, or another protocol
		}
		zero := func(s string) bool { n, err := strconv.ParseUint(s, 0, 64); return err == nil && n == 0 }
		list = append(list, dissection{
			frame: f[0], server: netip.AddrPortFrom(a, uint16(port)).String(), smb2: zero(f[4]) && zero(f[5]) && f[6] != "",
			smb1: f[7] == "114" && zero(f[8]) || f[7] == "0x72" && zero(f[8]), computer: f[10],
		})
	}
	return list
}
