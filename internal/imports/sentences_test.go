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
		{"http", `: the server answers NTLM with a challenge over plain HTTP, `, "http-ntlm-info"},
		{"http", `: the server takes NTLM over TLS; only a logon with an account shows its Extended Protection`, "http-ntlm-info"},
		{"http", `: the server takes NTLM over plain HTTP; only a logon with an account shows whether message encryption`, "http-ntlm-info"},
		{"http", `: the server announces NTLM, and no answer to an NTLM message was seen$`, "NTLM|Negotiate|ntlm|negotiate"},
		{"http", `: the answers do not show whether the server takes NTLM: no NTLM message was sent$`, "http"},
		{"http", `: the server offers Basic over an unencrypted connection$`, "Basic|basic"},
		{"ldap", `^no answer to an NTLM bind without signing was seen that shows`, ""},
		{"ldap", `^the answers do not show whether the server offers StartTLS$`, ""},
		{"ldap", `^the answers do not show how the server treats NTLM over TLS$`, ""},
		{"mail", `^the server takes NTLM (without|over) TLS: it answered AUTH NTLM with a challenge`, "-ntlm-info"},
		{"mail", `^the server offers AUTH [A-Z-]+ without TLS, unproven`, "NTLM"},
		{"mail", `^the server does not list NTLM without TLS`, "AUTH|CAPA"},
		{"mail", `^the server's mechanisms (without TLS|after STARTTLS) are unknown`, ""},
		{"mssql", `^the server offers Windows authentication with NTLM \(it sent a challenge\)`, "ms-sql-ntlm-info|mssql"},
		{"mssql", `^the answers do not show whether the server offers NTLM: no login with Windows authentication got`, ""},
		{"mssql", `^(encryption \([a-z-]+\) alone stops no relay|the server has no encryption, so)`, "ms-sql|mssql"},
		{"rdp", `^the server requires NLA: it refused TLS without NLA`, "HYBRID_REQUIRED"},
		{"rdp", `^the server offers NLA but does not require it: `, "Native RDP: SUCCESS|SSL: SUCCESS"},
		{"rdp", `^RDP takes NTLM inside NLA only`, ""},
		{"rdp", `^the server accepts `, "rdp-enum-encryption|rdp-ntlm-info|ms-wbt-server|rdp"},
		{"rdp", `^the answers do not show whether the server requires NLA$`, ""},
		{"smb", `^SMB ([23][.0-9]*|2 or 3) SecurityMode `, smb2},
		{"smb", `^the server offers SMB 2 or 3, and its signing level there is unknown$`, "smb-protocols|smbv2-enabled"},
		{"smb", `^the server offers SMB 1, and its signing level there is unknown$`, smb1},
		{"smb", `^the server does not offer SMB 2 or 3$`, "smb-protocols|smbv2-enabled"},
		{"smb", `^nobody asked the server for SMB 2 or 3`, ""},
		{"smb", `^SMB 1 \(.*\)`, smb1},
		{"smb", `^the server does not offer SMB 1$`, "smb-protocols|smb_log"},
		{"smb", `^nobody asked the server for SMB 1$`, ""},
		{"smb", `^the server agreed to SMB 1 `, smb1},
		{"smb", `^The server takes passwords in the clear`, "plaintext"},
		{"smb", `^the server offers NTLM: SMB 1 challenge and response is NTLM$`, "challenge_response: supported|challenge_response\">supported|Challenge/response passwords supported"},
		{"smb", `^the server offers NTLM: it lists it among its mechanisms$`, "has_ntlm|\"ntlm\""},
		{"smb", `^the server offers NTLM: it answered an NTLM negotiate message with a challenge$`, "ntlm|NTLM|smb_log"},
		{"smb", `^the server's answers do not show whether it (accepts NTLM|accepts a dialect below 3\.1\.1|requires encryption)`, ""},
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
