package nmap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/report/reporttest"
)

func TestNmap(t *testing.T) {
	reporttest.TestFormat(t, Format(), "nmap.xml")
	got := reporttest.Render(t, Format())
	var doc struct {
		Hosts []struct {
			Scripts []struct {
				ID string `xml:"id,attr"`
			} `xml:"hostscript>script"`
			Ports []struct {
				Scripts []struct {
					ID string `xml:"id,attr"`
				} `xml:"script"`
			} `xml:"ports>port"`
		} `xml:"host"`
	}
	if err := xml.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, h := range doc.Hosts {
		for _, s := range h.Scripts {
			ids = append(ids, s.ID)
		}
		for _, p := range h.Ports {
			for _, s := range p.Scripts {
				ids = append(ids, s.ID)
			}
		}
	}
	all := strings.Join(ids, " ")
	for _, id := range []string{"smb2-security-mode", "smb-security-mode", "smb-protocols", "http-ntlm-info", "signet-smb"} {
		if !strings.Contains(all, id) {
			t.Errorf("no script %s among %s", id, all)
		}
	}
}

// What nmap 7.93 prints for a Samba that takes every dialect and signs when asked, over SMB 1 too (recorded).
func TestNmapShape(t *testing.T) {
	d := newDocument(io.Discard, reporttest.Checks())
	words := d.words("smb", 445, signet.RawFacts(`{"dialect":"3.1.1","dialects":["1.0","2.0.2","2.1","3.0","3.0.2","3.1.1"],"signing":"optional",
		"smb1":{"offered":true,"user_level":true,"plaintext":false,"signing":"optional"}}`))
	var got []byte
	for i := range words.Host {
		got = append(appendScript(got, &words.Host[i]), '\n')
	}
	want := `<script id="smb2-security-mode" output="&#xA;  311: &#xA;    Message signing enabled but not required"><table key="311">
<elem>Message signing enabled but not required</elem>
</table>
</script>
<script id="smb-security-mode" output="&#xA;  authentication_level: user&#xA;  challenge_response: supported&#xA;  message_signing: supported"><elem key="authentication_level">user</elem>
<elem key="challenge_response">supported</elem>
<elem key="message_signing">supported</elem>
</script>
<script id="smb-protocols" output="&#xA;  dialects: &#xA;    NT LM 0.12 (SMBv1) [dangerous, but default]&#xA;    202&#xA;    210&#xA;    300&#xA;    302&#xA;    311"><table key="dialects">
<elem>NT LM 0.12 (SMBv1) [dangerous, but default]</elem>
<elem>202</elem>
<elem>210</elem>
<elem>300</elem>
<elem>302</elem>
<elem>311</elem>
</table>
</script>
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// tool runs a program of another's and fails when it finds fault.
func tool(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		reporttest.Missing(t, name+" is missing: apt-get install libxml2-utils xsltproc ndiff nmap-common")
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errs.Bytes()[:min(errs.Len(), 2000)])
	}
	return out.Bytes()
}

// nmapFolder is where Debian's nmap-common keeps the DTD and the style sheet.
const nmapFolder = "/usr/share/nmap/"

func TestNmapIsReadByOthers(t *testing.T) {
	for _, f := range []string{"nmap.dtd", "nmap.xsl"} {
		if _, err := os.Stat(nmapFolder + f); err != nil {
			reporttest.Missing(t, nmapFolder+f+" is missing: apt-get install nmap-common")
		}
	}
	dir := t.TempDir()
	full, empty, diff := filepath.Join(dir, "full.xml"), filepath.Join(dir, "empty.xml"), filepath.Join(dir, "diff.xml")
	for path, b := range map[string][]byte{full: reporttest.Render(t, Format()), empty: reporttest.RenderEmpty(t, Format()), diff: reporttest.RenderDiff(t, Format(), reporttest.Changes())} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{full, empty, diff} {
		t.Run("dtd "+filepath.Base(path), func(t *testing.T) {
			tool(t, "xmllint", "--nonet", "--noout", "--dtdvalid", nmapFolder+"nmap.dtd", path)
		})
		t.Run("xsltproc "+filepath.Base(path), func(t *testing.T) {
			page := tool(t, "xsltproc", "--nonet", nmapFolder+"nmap.xsl", path)
			if path == full && !bytes.Contains(page, []byte("smb2-security-mode")) {
				t.Error("the page of nmap.xsl has no smb2-security-mode")
			}
		})
	}
	t.Run("ndiff", func(t *testing.T) {
		if len(ndiff(t, 0, full, full)) > 0 {
			t.Error("ndiff sees a difference between a file and itself")
		}
		if out := ndiff(t, 1, empty, full); !bytes.Contains(out, []byte("10.0.0.5")) || !bytes.Contains(out, []byte("smb2-security-mode")) {
			t.Errorf("ndiff does not tell what appeared:\n%s", out)
		}
		if out := ndiff(t, 1, empty, diff); !bytes.Contains(out, []byte("signet-diff")) {
			t.Errorf("ndiff does not read a diff:\n%s", out)
		}
	})
}

// ndiff runs nmap's own. Debian 12's (7.93) ends in a TypeError on every host with two scripts, nmap's own output
// included: it sorts objects that Python 3 cannot order. The order is lent to it, nothing else is, and it runs
// under the interpreter that Debian installs it for.
func ndiff(t *testing.T, want int, a, b string) []byte {
	t.Helper()
	const lent = `import sys, ndiff
ndiff.ScriptResult.__lt__ = lambda a, b: (a.id, a.output) < (b.id, b.output)
sys.argv[0] = "ndiff"
sys.exit(ndiff.main())`
	if _, err := exec.LookPath("ndiff"); err != nil {
		reporttest.Missing(t, "ndiff is missing: apt-get install ndiff")
	}
	var errs bytes.Buffer
	cmd := exec.Command("/usr/bin/python3", "-c", lent, a, b)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if code != want || errs.Len() > 0 {
		t.Fatalf("ndiff ends with %d, want %d: %s", code, want, errs.Bytes())
	}
	return out
}

// Hosts wait for the end of the document compressed.
func TestWhatIsKeptHasABound(t *testing.T) { reporttest.TestKept(t, Format()) }
