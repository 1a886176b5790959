package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/internal/store"
	"signet/internal/store/sqlite"
	"signet/internal/store/storetest"
)

// called runs the program as its user does, in this process.
func called(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test",
		Env: append([]string{"SIGNET_CONFIG=" + os.DevNull}, env...)})
	return code, out.String(), errs.String()
}

// storeOf is a database with one run.
func storeOf(t *testing.T, path string, rows int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := store.Begin(t.Context(), s, storetest.NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := r.Record(storetest.Observation(i), true); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(func(run *store.Run) { run.Ended = run.Started }); err != nil {
		t.Fatal(err)
	}
}

// A store that is none, or is none any more, is one clear line for whoever reads it, and stays as it is.
func TestOddStores(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.db")
	storeOf(t, good, 500)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, want string
		bytes      []byte
	}{
		{"nothing at all", "no run is stored yet", nil},
		{"empty", "no run is stored yet", []byte{}},
		{"text", "the file is not a database", bytes.Repeat([]byte("hello "), 3000)},
		{"a few bytes", "is damaged", whole[:30]},
		{"the header alone", "is damaged", whole[:100]},
		{"half", "is damaged", whole[:len(whole)/2]},
		{"without its last page", "is damaged", whole[:len(whole)-4096]},
		{"of another program", "another program", foreignDatabase(t)},
		{"of a newer version", "newer Signet", newer(whole)},
		{"a bit of the run's record", "run a-run: its stored rows are damaged", recordOf(t, whole)},
		{"a bit of a row", "run a-run: rows ", bitOf(t, whole, good)},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "signet.db")
			if test.bytes != nil {
				if err := os.WriteFile(path, test.bytes, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range [][]string{{"report"}, {"report", "-o", "jsonl"}, {"runs", "export", "a-run"}, {"diff", "a-run", "latest", "-o", "jsonl"}} {
				code, _, stderr := called(t, nil, append(args, "--store", "sqlite:"+path)...)
				if code != exitTrouble || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "signet: ") {
					t.Errorf("%q: exit code %d, %q", args, code, stderr)
				}
			}
			if len(test.bytes) == 0 {
				return
			}
			code, stdout, stderr := called(t, nil, "runs", "check", "--store", "sqlite:"+path)
			if code != exitTrouble || !strings.Contains(stdout+stderr, "damaged") && !strings.Contains(stdout+stderr, test.want) {
				t.Errorf("runs check: exit code %d, %q, %q", code, stdout, stderr)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, test.bytes) {
				t.Errorf("the file is not what it was: %v", err)
			}
		})
	}
	t.Run("a folder", func(t *testing.T) {
		code, _, stderr := called(t, nil, "report", "--store", "sqlite:"+t.TempDir())
		if code != exitTrouble || !strings.Contains(stderr, "it is a folder") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("exit code %d, %q", code, stderr)
		}
	})
	t.Run("the journal of another one beside it", func(t *testing.T) {
		if err := os.WriteFile(good+"-wal", bytes.Repeat([]byte("noise"), 9000), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, stdout, stderr := called(t, nil, "runs", "check", "--store", "sqlite:"+good); code != exitDone || !strings.Contains(stdout, "1 run, 500 rows") {
			t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
		}
	})
	t.Run("a run without rows", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "signet.db")
		storeOf(t, path, 0)
		for _, args := range [][]string{{"report"}, {"runs", "export", "a-run"}, {"runs", "check"}, {"diff", "a-run", "a-run"}, {"report", "-o", "html"}} {
			if code, _, stderr := called(t, nil, append(args, "--store", "sqlite:"+path)...); code != exitDone || stderr != "" {
				t.Errorf("%q: exit code %d, %q", args, code, stderr)
			}
		}
	})
}

// newer is a database whose schema (user_version, at byte 60 of the header) is of a later version.
func newer(whole []byte) []byte {
	b := bytes.Clone(whole)
	b[63] = 99
	return b
}

// bitOf turns one bit of a row over: of a name that a row holds as it is written.
func bitOf(t *testing.T, whole []byte, path string) []byte {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for r, err := range s.Rows(t.Context(), "a-run", store.Which{}) {
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(whole, r.Body); r.Seq > 100 && len(r.Body) > 30 && at > 0 {
			b := bytes.Clone(whole)
			b[at+len(r.Body)/2] ^= 4
			return b
		}
	}
	t.Fatal("no row stands in one piece")
	return nil
}

// recordOf turns one bit of the run's own record over.
func recordOf(t *testing.T, whole []byte) []byte {
	t.Helper()
	b := bytes.Clone(whole)
	at := bytes.Index(b, []byte(`"tool":"signet/test"`))
	if at < 0 || bytes.Count(b, []byte(`"tool":"signet/test"`)) != 1 {
		t.Fatal("the run's record does not stand in one place")
	}
	b[at+10] ^= 1
	return b
}

// A damaged run that may be the latest is not passed over in silence.
func TestDamagedLatest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	storeOf(t, path, 100)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, recordOf(t, whole), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"SIGNET_STORE=sqlite:" + path}
	if code, _, stderr := called(t, env, "scan", "--checks", "http", "--all", "127.0.0.1:9"); code != exitDone {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	for _, args := range [][]string{{"report"}, {"runs", "show"}, {"runs", "export", "latest"}, {"diff", "latest", "latest"}} {
		code, stdout, stderr := called(t, env, args...)
		if code != exitDone || !strings.Contains(stderr, "signet: run a-run is skipped") || !strings.Contains(stdout, "127.0.0.1:9") && args[0] != "diff" {
			t.Errorf("%q: exit code %d, %q", args, code, stderr)
		}
	}
	code, stdout, _ := called(t, env, "runs")
	if code != exitDone || !strings.Contains(stdout, " damaged ") || !strings.Contains(stdout, "not known") {
		t.Errorf("exit code %d, %q", code, stdout)
	}
	if code, _, stderr := called(t, env, "runs", "delete", "a-run"); code != exitDone {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	if code, stdout, _ := called(t, env, "runs", "check"); code != exitDone || !strings.Contains(stdout, "1 run, ") {
		t.Errorf("exit code %d, %q", code, stdout)
	}
}

// foreignDatabase is a database of another program.
func foreignDatabase(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "bookmarks.db"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Without a place to store it a run is reported in full, with one line that says so, and exit code 1; with --store none there is
// nothing to say.
func TestNowhereToStore(t *testing.T) {
	lines := filepath.Join(t.TempDir(), "run.jsonl")
	var b strings.Builder
	b.WriteString(`{"kind":"run","schema":"signet/1","run":"r","tool":"signet/x","started":"2026-11-01T00:00:00Z","targets":["10.0.0.0/24"],"checks":["smb"],"depth":"anonymous","policy":"baseline/1"}` + "\n")
	for i := range 200 {
		fmt.Fprintf(&b, `{"kind":"endpoint","run":"r","at":"2026-11-01T00:00:00Z","address":"10.0.0.%d","port":445,"transport":"tcp","check":"smb","outcome":"answered","open":true,"facts":{"signing":"required"},"took_ms":1}`+"\n", i)
	}
	b.WriteString(`{"kind":"summary","run":"r","ended":"2026-11-01T00:00:01Z"}` + "\n")
	if err := os.WriteFile(lines, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	for name, env := range map[string][]string{
		"no home":                   {},
		"a home that is a file":     {"HOME=" + file},
		"no room for a file either": {"HOME=" + file, "TMPDIR=" + nowhere},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kv := range env {
				if key, value, _ := strings.Cut(kv, "="); key == "TMPDIR" {
					t.Setenv(key, value) // which the system's own functions read
				}
			}
			for _, command := range [][]string{{"read", lines, "-o", "jsonl"}, {"scan", "--checks", "http", "--all", "127.0.0.1:9", "-o", "jsonl"}} {
				code, stdout, stderr := called(t, env, command...)
				if code != exitTrouble || strings.Count(stderr, "is not stored") != 1 || !strings.Contains(stderr, "--store none") {
					t.Errorf("%q: exit code %d, %q", command, code, stderr)
				}
				want := 200
				if command[0] == "scan" {
					want = 1
				}
				if n := strings.Count(stdout, `"kind":"endpoint"`); n != want || strings.Count(stdout, `"kind":"summary"`) != 1 {
					t.Errorf("%q: %d endpoints of %d are reported", command, n, want)
				}
				code, again, stderr := called(t, env, append(command, "--store", "none")...)
				if code != exitDone || strings.Contains(stderr, "stored") || strings.Count(again, "\n") != strings.Count(stdout, "\n") {
					t.Errorf("%q --store none: exit code %d, %q", command, code, stderr)
				}
			}
		})
	}
}
