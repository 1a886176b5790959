package scope

import (
	"context"
	"io"
	"strings"
	"testing"

	"signet/internal/fuzzing"
)

// TestFileHostile: what a megabyte of a target file asks is bounded by its size, and what is wrong with it is said with its place.
func TestFileHostile(t *testing.T) {
	const mega = 1 << 20
	fill := func(s string) string { return strings.Repeat(s, mega/len(s)) }
	for _, c := range []struct{ name, file, want string }{
		{"elements in elements", "<nmaprun>\n" + fill("<a>"), "x: line 2: nested more than 64 deep, the limit"},
		{"hosts in hosts", "<nmaprun>" + fill("<host>"), "x: line 1: nested more than 64 deep, the limit"},
		{"a long tag", "<nmaprun a='" + strings.Repeat(fill("x"), 9) + "'>", "x: a tag, text or comment of more than 8 MiB, the limit"},
		{"a long comment", "<nmaprun><!--" + strings.Repeat(fill("x"), 9) + "-->", "x: a tag, text or comment of more than 8 MiB, the limit"},
		{"a long doctype", "<!DOCTYPE " + strings.Repeat(fill("<x>"), 9), "x: a tag, text or comment of more than 8 MiB, the limit"},
		{"an entity", "<!DOCTYPE nmaprun [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><nmaprun><host><address addr='&a;'/></host></nmaprun>", "is not an address"},
		{"attributes", "<nmaprun><host" + fill(" a=''") + "></host></nmaprun>", "a <host> without an IP address"},
		{"lists in lists", `{"ip":"192.0.2.1","ports":` + fill("["), "x:1:28: masscan JSON: want { here"},
		{"objects in objects", `{"ip":"192.0.2.1","x":` + fill(`{"a":`), "masscan JSON: nested too deeply"},
		{"a long key", `{"` + fill("x"), "masscan JSON: a string too long"},
		{"a long line", fill("x"), "a line of more than 65536 bytes"},
		{"many mistakes", fill("?\n"), "stopped after 20 errors"},
		{"another's JSON", `{"ip":"192.0.2.1","data":{"smb":{"status":"success"}}}`, "x:1:1: an object with an address and nothing of a port: not masscan's"},
		{"grepable", "# Nmap 7.94 scan initiated\nHost: 192.0.2.1 ()\tStatus: Up\n", "x:2:7: one target a line, comments after #; of nmap's output formats only XML (-oX) is read"},
		{"a list of masscan", "#masscan\nopen tcp 445 192.0.2.1 1\n", "of masscan's output formats only JSON"},
		{"a log of NetExec", "SMB 192.0.2.1 445 DC1 [*] Windows\n", "it seems to be a log of NetExec"},
		{"what RustScan prints", "192.0.2.1 -> [445]\n", "it seems to be what RustScan prints"},
		{"zeros", fill("\x00"), "not text"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00", "not compressed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			fuzzing.Bounded(t, mega/2, func() {
				_, err = Build(context.Background(), Config{Files: []string{"x"}, Open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(c.file)), nil }})
			})
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 8<<10 {
				t.Errorf("%.400v, want %q", err, c.want)
			}
		})
	}
}
