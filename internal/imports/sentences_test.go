package imports_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check/all"
	"signet/internal/imports"
)

// claim is a sentence of a judge, and the words without which a tool's output cannot support it. Every sentence about what a
// tool said must be one of these: whoever words a new one says here how the tool can know it.
type claim struct {
	check string
	says  *regexp.Regexp
	words string // one of these, by |; "": it claims nothing of the endpoint
}

func claims() []claim {
	const smb2 = "smb2-security-mode|smb-protocols|security_mode"
	const smb1 = "smb-security-mode|smb-protocols|smbv2-enabled|smb-os-discovery|smbv1_support"
	table := []struct{ check, says, words string }{
		{"http", `: an NTLM message brought a challenge over plain HTTP, `, "http-ntlm-info"},
		{"http", `: NTLM is taken inside TLS; whether Extended Protection closes it cannot be seen`, "http-ntlm-info"},
		{"http", `: NTLM is taken over plain HTTP; message encryption`, "http-ntlm-info"},
		{"http", `: NTLM is announced, and no NTLM message was seen to be answered$`, "NTLM|Negotiate|ntlm|negotiate"},
		{"http", `: whether NTLM is taken stays open: no NTLM message was sent$`, "http"},
		{"http", `: Basic is offered, and the connection is not encrypted$`, "Basic|basic"},
		{"ldap", `^whether LDAP signing is required is not known: no NTLM bind without signing was seen`, ""},
		{"ldap", `^whether StartTLS is offered was not told$`, ""},
		{"ldap", `^what NTLM meets over TLS was not seen$`, ""},
		{"mail", `^NTLM is taken (without|inside) TLS: AUTH NTLM brought a CHALLENGE`, "-ntlm-info"},
		{"mail", ` is offered without TLS and was not proven`, "NTLM"},
		{"mail", `^NTLM is not listed without TLS`, "AUTH|CAPA"},
		{"mail", `^what is offered (without TLS|after STARTTLS) is not known`, ""},
		{"mssql", `^Windows authentication with NTLM is offered \(the server issued a challenge\)`, "ms-sql-ntlm-info|mssql"},
		{"mssql", `^whether NTLM is offered could not be told: no login with Windows authentication was seen`, ""},
		{"mssql", `^(encryption \([a-z-]+\) is no guard by itself|the server has no encryption, so)`, "ms-sql|mssql"},
		{"rdp", `^NLA is required: TLS alone was refused`, "HYBRID_REQUIRED"},
		{"rdp", `^NLA is offered but not required: `, "Native RDP: SUCCESS|SSL: SUCCESS"},
		{"rdp", `^NTLM is spoken to RDP inside NLA only`, ""},
		{"rdp", `^seen: `, "rdp-enum-encryption|rdp-ntlm-info|ms-wbt-server|rdp"},
		{"rdp", `^whether NLA is required could not be told$`, ""},
		{"smb", `^SMB ([23][.0-9]*|2 or 3) SecurityMode `, smb2},
		{"smb", `^SMB 2 or 3 is offered, and its signing level was not told$`, "smb-protocols|smbv2-enabled"},
		{"smb", `^SMB 1 is offered, and its signing level was not told$`, smb1},
		{"smb", `^SMB 2 and 3 are not offered$`, "smb-protocols|smbv2-enabled"},
		{"smb", `^SMB 2 and 3 were not asked about`, ""},
		{"smb", `^SMB 1 \(.*\)`, smb1},
		{"smb", `^SMB 1 is not offered$`, "smb-protocols|smb_log"},
		{"smb", `^SMB 1 was not asked about$`, ""},
		{"smb", `^The server agreed to SMB 1 `, smb1},
		{"smb", `^The server takes passwords in the clear`, "plaintext"},
		{"smb", `^NTLM is offered: SMB 1 takes challenge and response, which is NTLM$`, "challenge_response: supported|challenge_response\">supported|Challenge/response passwords supported"},
		{"smb", `^NTLM is among the mechanisms that the server names$`, "has_ntlm|\"ntlm\""},
		{"smb", `^NTLM is offered: the server answered a type 1 with a challenge$`, "ntlm|NTLM|smb_log"},
		{"smb", `^Whether (NTLM is accepted|a dialect below 3\.1\.1 is accepted|encryption is required).* could not be told$`, ""},
	}
	out := make([]claim, len(table))
	for i, c := range table {
		out[i] = claim{c.check, regexp.MustCompile(c.says), c.words}
	}
	return out
}

// said gives every reason that judges make of a file, by check.
func said(t *testing.T, read func(imports.Sink) (imports.Stats, error)) (out [][2]string) {
	t.Helper()
	_, err := read(func(o *signet.Observation) error {
		for _, c := range all.Checks() {
			if c.Name != o.Check {
				continue
			}
			j, err := c.Judge(o.Facts)
			if err != nil {
				return err
			}
			if len(j.Because) == 0 {
				t.Errorf("%s: %v without a reason", c.Name, j.Verdict)
			}
			for _, s := range j.Because {
				out = append(out, [2]string{c.Name, s})
			}
			for _, b := range j.Breaches {
				for _, s := range b.Because {
					out = append(out, [2]string{c.Name, s})
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Logf("%v", err) // a part of a file may be none; what was made of it before is held to the same
	}
	return out
}

// withScripts gives a file of nmap as it is, with each script alone, and without each.
func withScripts(x string) []string {
	element := regexp.MustCompile(`(?s)<script [^>]*?(/>|>.*?</script>)`)
	all := element.FindAllString(x, -1)
	out := []string{x}
	for i := range all {
		out = append(out, strings.Replace(x, all[i], "", 1))
		n := -1
		out = append(out, element.ReplaceAllStringFunc(x, func(s string) string {
			if n++; n == i {
				return s
			}
			return ""
		}))
	}
	return out
}

// TestNoToolIsSaidToKnowMore judges what tools say, whole and in parts, and holds each reason against the tool's own words.
func TestNoToolIsSaidToKnowMore(t *testing.T) {
	table := claims()
	reported := map[string]bool{}
	total := 0
	hold := func(name, text string, of [][2]string) {
		total += len(of)
		for _, s := range of {
			complain := ""
			i := slices.IndexFunc(table, func(c claim) bool { return c.check == s[0] && c.says.MatchString(s[1]) })
			switch {
			case i < 0:
				complain = "no claim says how a tool can know"
			case table[i].words != "" && !slices.ContainsFunc(strings.Split(table[i].words, "|"), func(w string) bool { return strings.Contains(text, w) }):
				complain = "the tool did not say " + table[i].words
			}
			if m := fmt.Sprintf("%s: %q: %s", s[0], s[1], complain); complain != "" && !reported[m] {
				reported[m] = true
				t.Errorf("%s: %s", name, m)
			}
		}
	}
	for i, x := range withScripts(string(sample(t, "nmap.xml"))) {
		hold(fmt.Sprintf("nmap.xml, part %d", i), x, said(t, func(s imports.Sink) (imports.Stats, error) {
			return imports.Nmap(strings.NewReader(x), nil, s)
		}))
	}
	printed := strings.SplitAfter(string(sample(t, "nmap.nmap")), "\n")
	for i := range printed {
		for _, lines := range [][]string{printed[:i+1], slices.Concat(printed[:i], printed[i+1:])} {
			text := strings.Join(lines, "")
			hold(fmt.Sprintf("nmap.nmap, line %d", i), text, said(t, func(s imports.Sink) (imports.Stats, error) {
				return imports.NmapText(strings.NewReader(text), nil, s)
			}))
		}
	}
	for i, line := range bytes.SplitAfter(sample(t, "zgrab2.jsonl"), []byte("\n")) {
		hold(fmt.Sprintf("zgrab2.jsonl, line %d", i), string(line), said(t, func(s imports.Sink) (imports.Stats, error) {
			return imports.Zgrab(bytes.NewReader(line), nil, s)
		}))
	}
	if total < 500 {
		t.Errorf("%d reasons were held: the parts say next to nothing", total)
	}
}
