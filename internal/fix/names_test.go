package fix

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"signet"
)

// hostileNames are what a peer may call itself to lead a script astray: to another host, to another command, past the reader.
func hostileNames() []string {
	return []string{
		"dc1.corp.example", "DC1.CORP.EXAMPLE", "localhost", "attacker.example", "10.0.0.99", "0x0a000063", "2001:db8::99",
		"x'; Stop-Computer; '", "x\"; Stop-Computer; \"", "x\nStop-Computer", "x\r\n- hosts: evil", "$(Stop-Computer)", "`Stop-Computer`", "x#>Stop-Computer<#",
		"x\u2019; Stop-Computer; \u2018", "{{ lookup('pipe', 'evil') }}", "x\u202egninroF", "dc1\u200b.corp.example", "dc1.corp.example\x00", "=HYPERLINK(\"evil\")",
		"-Session", "@args", "x\u2028Stop-Computer", "x\u0085Stop-Computer", strings.Repeat("a.", 200) + "evil", "*", "..", "evil.example.", "-evil.example", "\u0430dmin.evil",
	}
}

// Whatever a peer calls itself, scripts lead to the address that was asked, once for each address; the name stands in
// comments or in the column for it alone, and there only where it is a host name in form.
func TestPeersNamesLeadNowhere(t *testing.T) {
	if n := len(hostileNames()); n < 20 {
		t.Fatalf("%d names", n)
	}
	comment := regexp.MustCompile(`   # calls itself [a-z0-9.-]+$`)
	aside := regexp.MustCompile(` \((at [0-9.]+, )?calls itself [a-z0-9.-]+\)`)
	for _, name := range hostileNames() {
		p := &Plan{Run: "r1", Rules: rules("smb-signing-not-required")}
		for i := range 3 {
			p.Targets = append(p.Targets, Target{Rule: p.Rules[0].ID, Addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), Port: 445, Name: name, Samba: i == 2, Windows: []signet.Answer{signet.Yes, signet.NotKnown, signet.No}[i]})
		}
		plain := &Plan{Run: "r1", Rules: p.Rules}
		for _, target := range p.Targets {
			target.Name = ""
			plain.Targets = append(plain.Targets, target)
		}
		for _, format := range Formats() {
			want, got := strings.Split(script(t, format, plain), "\n"), strings.Split(script(t, format, p), "\n")
			if len(got) != len(want) {
				t.Errorf("%s: %q makes %d lines of %d", format, name, len(got), len(want))
				continue
			}
			for i := range got {
				line := got[i]
				switch format {
				case "csv":
					line = strings.TrimSuffix(line, named(name)) // of the last column
				case "reg", "smb.conf":
					if strings.HasPrefix(line, "; ") || strings.HasPrefix(line, "# ") {
						line = aside.ReplaceAllString(line, "")
					}
				default:
					line = comment.ReplaceAllString(line, "")
				}
				if line != want[i] {
					t.Errorf("%s: %q makes\n%s\nof\n%s", format, name, got[i], want[i])
				}
			}
		}
		if s := script(t, "powershell", p); strings.Count(s, "'192.0.2.1'") != 2 || strings.Count(s, "'192.0.2.2'") != 2 {
			t.Errorf("%q: the hosts are not two:\n%s", name, s)
		}
	}
}

// A name that was typed leads, where it may stand in a script; it is never what the peer says.
func TestTypedNamesLead(t *testing.T) {
	target := Target{Addr: netip.MustParseAddr("192.0.2.1"), Name: "evil.example", Asked: "fs1.corp.example"}
	if got := target.host(); got != "fs1.corp.example" {
		t.Errorf("typed: %s", got)
	}
	for _, name := range hostileNames()[7:] {
		if target.Asked = name; named(name) == "" && target.host() != "192.0.2.1" {
			t.Errorf("%q leads to %s", name, target.host())
		}
	}
}
