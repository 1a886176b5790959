package cli

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"signet/internal/capture/capturetest"
)

// TestUnreadable: of a file that cannot be read, or not to its end, one line says which, what is wrong and what was read of
// it; it costs no other file, and the exit code is the contract's.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	gz := gzipped([]byte(scanned))
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	zst := enc.EncodeAll([]byte(scanned), nil)
	// Two frames, as `zstd` appends them, of which the second is cut.
	many := append(bytes.Clone(zst), zst[:len(zst)-5]...)
	capture, _ := logons(t)
	zipped := gzipped(capture)
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	good := write("good.jsonl", []byte(scanned))
	long := scanned + `{"kind":"endpoint","x":"` + strings.Repeat("x", 17<<20) + `"}` + "\n"

	for _, c := range []struct {
		name  string
		file  string
		want  string // on standard error, after the file's name
		code  int    // beside a good file, with --fail-on critical
		lines int    // endpoints that are judged where it is read alone
	}{
		{"no such file", filepath.Join(dir, "nosuch"), "no such file or directory", 1, 0},
		{"a link to itself", loop, "too many levels of symbolic links", 1, 0},
		{"empty", write("empty", nil), "it is empty", 1, 0},
		{"of no kind", write("letter.txt", []byte("Dear all,\n")), "no capture, result of nmap", 1, 0},
		{"a folder of nothing", filepath.Dir(write("letters/a.txt", []byte("Dear all,\n"))), "none of its files, 1, is a capture", 1, 0},
		{"a folder of another's database", filepath.Dir(write("cookies/cookies.sqlite", other(t))), "none of its files, 1, is a capture", 1, 0},
		{"a line without end", write("long.jsonl", []byte(long)), "line 5: an object of more than 16 MiB, the limit", 4, 2},
		{"no JSON", write("torn.jsonl", []byte(scanned[:len(scanned)-40]+"\n")), "1 line was not understood, the first is line 4: ", 4, 2},
		{"gzip cut short", write("cut.jsonl.gz", gz[:len(gz)-20]), "the gzip file is cut short", 4, 2},
		{"zstd cut short in its first block", write("cut.jsonl.zst", zst[:len(zst)-20]), "the zstd file is cut short", 1, 0},
		{"zstd cut short later", write("many.jsonl.zst", many), "the zstd file is cut short", 4, 2},
		{"no gzip after its first bytes", write("no.gz", append([]byte{0x1f, 0x8b}, strings.Repeat("x", 100)...)), "gzip: ", 1, 0},
		{"no database after its first bytes", write("smb.db", append([]byte("SQLite format 3\x00"), bytes.Repeat([]byte{0xa5}, 5000)...)), "", 1, 0},
		{"a capture cut short in gzip", write("cut.pcap.gz", zipped[:len(zipped)-20]), "the gzip file is cut short", 3, 9},
		{"a capture cut short", write("cut.pcap", capture[:len(capture)-3]), "damaged at byte", 3, 9}, // something critical stands before the damage
	} {
		t.Run(c.name, func(t *testing.T) {
			_, stderr, code := do(t, "none", "read", "-o", "jsonl", "--fail-on", "critical", c.file, good)
			if code != c.code {
				t.Errorf("exit code %d beside a good file, want %d", code, c.code)
			}
			if !strings.HasPrefix(stderr, "signet: "+c.file+": ") || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("standard error is %q, want one line of that file and %q", stderr, c.want)
			}
			if lied := strings.Contains(stderr, " was read"); lied != (c.lines > 0) {
				t.Errorf("%d lines are read, and standard error is %q", c.lines, stderr)
			}
			out, _, _ := do(t, "none", "read", "-o", "jsonl", c.file)
			if n := strings.Count(out, `{"kind":"endpoint"`); n != c.lines {
				t.Errorf("%d endpoints, want %d", n, c.lines)
			}
		})
	}
}

// TestSnapLength: packets that were captured in part leave no endpoint out of the report in silence.
func TestSnapLength(t *testing.T) {
	capture, _ := logons(t)
	head, list, err := capturetest.Records(capture)
	if err != nil {
		t.Fatal(err)
	}
	const kept = 60
	cut, file := 0, bytes.Clone(head)
	for _, r := range list {
		r = bytes.Clone(r)
		if len(r) > 16+kept {
			cut++
			r = r[:16+kept]
			binary.LittleEndian.PutUint32(r[8:], kept)
		}
		file = append(file, r...)
	}
	path := filepath.Join(t.TempDir(), "headers.pcap")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := do(t, "none", "read", "--fail-on", "low", path)
	if want := fmt.Sprintf("signet: %d packets were captured in part", cut); cut == 0 || code != 4 || !strings.HasPrefix(stderr, want) {
		t.Errorf("exit code %d, %q, want 4 and %q", code, stderr, want)
	}
}

func gzipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

// other is a database of somebody else.
func other(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE cookies (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestUnreadableInFolder: what is missing of a folder is said and leaves the run incomplete; it was not named, and the rest of
// the folder is read.
func TestUnreadableInFolder(t *testing.T) {
	capture, _ := logons(t)
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"hosts.xml", []byte(`<?xml version="1.0"?><nmaprun scanner="nmap"><host><addr`), "nmap XML: "},
		{"hq.pcap", capture[:20], "damaged at byte 0: the file ends inside a file header"},
		{"hq.pcap.gz", gzipped(capture)[:10], "the gzip file is cut short"},
		{"hq.cap", []byte("GMBU\x00\x02\x00\x00"), "a capture of Microsoft Network Monitor"},
		{"runs.jsonl", []byte(`{"kind":"run","schema":` + "\n"), "none of its lines was understood; the first is line 1: "},
		{"smb.db", append([]byte("SQLite format 3\x00"), bytes.Repeat([]byte{0xa5}, 5000)...), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path, good := filepath.Join(dir, c.name), filepath.Join(dir, "good.jsonl")
			for path, content := range map[string][]byte{path: c.content, good: []byte(scanned)} {
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, stderr, code := do(t, "none", "read", "-o", "jsonl", "--fail-on", "critical", dir)
			if code != 4 || strings.Count(out, `{"kind":"endpoint"`) != 2 || !strings.HasPrefix(stderr, "signet: "+path+": "+c.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("beside a good file: exit code %d, %q\n%s", code, stderr, out)
			}
			if err := os.Remove(good); err != nil {
				t.Fatal(err)
			}
			if _, stderr, code := do(t, "none", "read", "--fail-on", "critical", dir); code != 1 || strings.Count(stderr, "\n") != 1 {
				t.Errorf("alone: exit code %d, %q", code, stderr)
			}
		})
	}
}
