package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"os"
	"strings"
	"testing"
)

// zone answers DNS questions over UDP: a record's data by "TYPE name", in wire form. It imitates what every domain
// controller registers of itself ([MS-ADTS] §6.3.2.3).
type zone map[string][][]byte

// serve starts a name server for the zone and returns a resolver that asks no other.
func (z zone) serve(t *testing.T) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		q := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(q)
			if err != nil {
				return
			}
			if a := z.answer(q[:n]); a != nil {
				c.WriteTo(a, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

// answer makes the response to a query of one question (RFC 1035 §4).
func (z zone) answer(q []byte) []byte {
	if len(q) < 17 {
		return nil
	}
	var labels []string
	at := 12
	for at < len(q) && q[at] != 0 {
		labels = append(labels, string(q[at+1:at+1+int(q[at])]))
		at += 1 + int(q[at])
	}
	end := at + 5
	kind := map[uint16]string{1: "A", 28: "AAAA", 33: "SRV"}[binary.BigEndian.Uint16(q[at+1:])]
	records := z[kind+" "+strings.ToLower(strings.Join(labels, "."))]
	a := append([]byte(nil), q[:end]...)
	a[2], a[3] = 0x85, 0x80
	if len(records) == 0 && kind == "SRV" {
		a[3] |= 3 // NXDOMAIN
	}
	binary.BigEndian.PutUint16(a[6:], uint16(len(records)))
	binary.BigEndian.PutUint16(a[8:], 0)
	binary.BigEndian.PutUint16(a[10:], 0)
	for _, r := range records {
		a = append(a, 0xc0, 12)
		a = append(a, q[at+1:at+5]...)
		a = append(a, 0, 0, 0, 60)
		a = binary.BigEndian.AppendUint16(a, uint16(len(r)))
		a = append(a, r...)
	}
	return a
}

// srv is the data of an SRV record (RFC 2782).
func srv(port uint16, host string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, 0, 0, 100}, port)
	for label := range strings.SplitSeq(host, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}

// --domain finds every controller, at every address, and asks each by its name; exclusions win there too.
func TestDomainFindsItsControllers(t *testing.T) {
	r := zone{
		"SRV _ldap._tcp.dc._msdcs.corp.example": {srv(389, "dc1.corp.example"), srv(389, "dc2.corp.example")},
		"A dc1.corp.example":                    {{192, 0, 2, 1}},
		"A dc2.corp.example":                    {{192, 0, 2, 2}, {192, 0, 2, 3}},
	}.serve(t)
	run := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := Run(t.Context(), Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test", Resolver: r,
			Env: []string{"SIGNET_CONFIG=" + os.DevNull}})
		return code, out.String(), errs.String()
	}
	code, out, errs := run("targets", "--checks", "ldap", "--ports", "ldap=389", "--domain", "corp.example", "--exclude", "192.0.2.3")
	want := "192.0.2.1:389\tldap\tdc1.corp.example\n192.0.2.2:389\tldap\tdc2.corp.example\n"
	if code != exitDone || !sameLines(out, want) {
		t.Errorf("exit code %d:\n%s\nwant\n%s%s", code, out, want, errs)
	}
	if code, out, errs = run("targets", "--domain", "other.example"); code != exitUsage || out != "" || !strings.Contains(errs, "--domain other.example: ") {
		t.Errorf("a domain without controllers: exit code %d, %q, %q", code, out, errs)
	}
}

// A list of targets that is typed without -f is looked up as a host; where that has no address, the file is named.
func TestAFileWithoutItsFlag(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("hosts.txt", []byte("192.0.2.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, named := range map[string]bool{"hosts.txt": true, "other.txt": false} {
		var out, errs bytes.Buffer
		code := Run(t.Context(), Process{Args: []string{"targets", name}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test",
			Resolver: zone{}.serve(t), Env: []string{"SIGNET_CONFIG=" + os.DevNull}})
		if says := strings.Contains(errs.String(), "it is a file too, whose targets -f "+name+" reads"); code != exitTrouble || says != named || out.Len() != 0 {
			t.Errorf("targets %s: exit code %d, %q%q", name, code, out.String(), errs.String())
		}
	}
}

// sameLines compares the beginnings of lines, without what stands behind the third column.
func sameLines(got, want string) bool {
	cut := func(s string) (lines []string) {
		for l := range strings.Lines(s) {
			lines = append(lines, strings.TrimRight(l, "\t\n"))
		}
		return lines
	}
	g, w := cut(got), cut(want)
	if len(g) != len(w) {
		return false
	}
	for i := range g {
		if !strings.HasPrefix(w[i], g[i]) && !strings.HasPrefix(g[i], w[i]) {
			return false
		}
	}
	return true
}
