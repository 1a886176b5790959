package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// asProgram is this test as the program: testscript runs it by its name.
func asProgram(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Args, cmd.Dir = append([]string{"signet"}, args...), dir
	cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+os.DevNull, "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	return cmd
}

// ended is the exit code of a command that was run, and what it said.
func ended(t *testing.T, cmd *exec.Cmd) (code int, said string) {
	t.Helper()
	var text bytes.Buffer
	cmd.Stderr = &text
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return exit.ExitCode(), text.String()
	}
	return 0, text.String()
}

// wholeLines tells whether a file is JSON lines from a run line to a summary line.
func wholeLines(text string) bool {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			return false
		}
	}
	return strings.HasPrefix(lines[0], `{"kind":"run"`) && strings.HasPrefix(lines[len(lines)-1], `{"kind":"summary"`)
}

const lastWeek = "what was found last week\n"

// What an output is named may be anything that a file system has. What is a regular file is replaced by a whole one, what is
// none is written to as it is, and what cannot be written costs no older file.
func TestHostileOutputs(t *testing.T) {
	put := func(t *testing.T, path, text string, mode fs.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	link := func(t *testing.T, to, path string) {
		t.Helper()
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	text := func(t *testing.T, path string) string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	whole := func(t *testing.T, path string) {
		t.Helper()
		if got := text(t, path); !wholeLines(got) {
			t.Errorf("%s is not whole: %.200q", path, got)
		}
	}
	is := func(t *testing.T, path string, kind fs.FileMode) {
		t.Helper()
		info, err := os.Lstat(path)
		if err != nil || info.Mode().Type() != kind {
			t.Errorf("%s: %v, %v, want it to be %v", path, info, err, kind)
		}
	}
	perm := func(t *testing.T, path string, want fs.FileMode) {
		t.Helper()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %o", path, info, err, want)
		}
	}
	gone := func(t *testing.T, path string) {
		t.Helper()
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is there", path)
		}
	}
	old := func(t *testing.T, path string) {
		t.Helper()
		if got := text(t, path); got != lastWeek {
			t.Errorf("%s: %.200q", path, got)
		}
	}
	for _, c := range []struct {
		name  string
		outs  string // of signet demo, or another command where it begins with a word
		code  int
		said  string
		setup func(t *testing.T, d string, cmd *exec.Cmd)
		check func(t *testing.T, d string)
	}{
		{"a new file", "jsonl=f", 0, "", nil, func(t *testing.T, d string) { whole(t, d+"/f"); gone(t, d+"/f.part") }},
		{"an older file keeps its mode", "jsonl=f", 0, "", func(t *testing.T, d string, _ *exec.Cmd) { put(t, d+"/f", lastWeek, 0o604) },
			func(t *testing.T, d string) { whole(t, d+"/f"); perm(t, d+"/f", 0o604); gone(t, d+"/f.part") }},
		{"a device", "list=null", 0, "", func(t *testing.T, d string, _ *exec.Cmd) {
			if err := unix.Mknod(d+"/null", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
				link(t, os.DevNull, d+"/null") // who may make no device may rename none over /dev/null either
			}
		}, func(t *testing.T, d string) {
			info, err := os.Stat(d + "/null")
			if err != nil || info.Mode()&fs.ModeCharDevice == 0 {
				t.Errorf("null: %v, %v", info, err)
			}
			gone(t, d+"/null.part")
		}},
		{"a named pipe", "jsonl=pipe", 0, "", func(t *testing.T, d string, _ *exec.Cmd) {
			if err := syscall.Mkfifo(d+"/pipe", 0o600); err != nil {
				t.Fatal(err)
			}
			go func() {
				b, _ := os.ReadFile(d + "/pipe")
				os.WriteFile(d+"/read.tmp", b, 0o600)
				os.Rename(d+"/read.tmp", d+"/read")
			}()
		}, func(t *testing.T, d string) {
			is(t, d+"/pipe", fs.ModeNamedPipe)
			gone(t, d+"/pipe.part")
			waitFor(t, func() bool { _, err := os.Stat(d + "/read"); return err == nil })
			whole(t, d+"/read")
		}},
		{"standard output by its path goes on where it stands", "jsonl=/dev/stdout", 0, "", func(t *testing.T, d string, cmd *exec.Cmd) {
			put(t, d+"/log", lastWeek, 0o600)
			f, err := os.OpenFile(d+"/log", os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			cmd.Stdout = f
		}, func(t *testing.T, d string) {
			rest, ok := strings.CutPrefix(text(t, d+"/log"), lastWeek)
			if !ok || !wholeLines(rest) {
				t.Errorf("log: %.200q", text(t, d+"/log"))
			}
			is(t, "/dev/stdout", fs.ModeSymlink)
			gone(t, d+"/log.part")
		}},
		{"standard error by its path", "jsonl=/dev/stderr", 0, `"kind":"summary"`, nil, func(*testing.T, string) {}},
		{"a descriptor by its path", "jsonl=/proc/self/fd/3", 0, "", func(t *testing.T, d string, cmd *exec.Cmd) {
			f, err := os.Create(d + "/f")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			io.WriteString(f, lastWeek)
			cmd.ExtraFiles = []*os.File{f}
		}, func(t *testing.T, d string) {
			rest, ok := strings.CutPrefix(text(t, d+"/f"), lastWeek)
			if !ok || !wholeLines(rest) {
				t.Errorf("f: %.200q", text(t, d+"/f"))
			}
		}},
		{"a link to a descriptor", "jsonl=l", 0, `"kind":"summary"`, func(t *testing.T, d string, _ *exec.Cmd) { link(t, "/dev/fd/2", d+"/l") },
			func(t *testing.T, d string) { is(t, d+"/l", fs.ModeSymlink) }},
		{"a descriptor of the thread", "jsonl=/proc/thread-self/fd/2", 0, `"kind":"summary"`, nil, func(*testing.T, string) {}},
		{"a descriptor that is not open", "jsonl=/dev/fd/99", 1, "-o jsonl=/dev/fd/99: ", nil, func(*testing.T, string) {}},
		{"a folder", "jsonl=.", 1, "is a directory", nil, func(*testing.T, string) {}},
		{"a folder by its slash", "jsonl=f/", 1, "is a directory", nil, func(t *testing.T, d string) { gone(t, d+"/f") }},
		{"a folder that is not there", "jsonl=no/f", 1, "-o jsonl=no/f: ", nil, func(*testing.T, string) {}},
		{"a file for a folder", "jsonl=f/g", 1, "-o jsonl=f/g: ", func(t *testing.T, d string, _ *exec.Cmd) { put(t, d+"/f", lastWeek, 0o600) }, func(t *testing.T, d string) { old(t, d+"/f") }},
		{"a symbolic link: its target is replaced", "jsonl=l", 0, "", func(t *testing.T, d string, _ *exec.Cmd) {
			os.Mkdir(d+"/deep", 0o700)
			put(t, d+"/deep/f", lastWeek, 0o640)
			link(t, "deep/g", d+"/l")
			link(t, "f", d+"/deep/g")
		}, func(t *testing.T, d string) {
			is(t, d+"/l", fs.ModeSymlink)
			is(t, d+"/deep/g", fs.ModeSymlink)
			is(t, d+"/deep/f", 0)
			whole(t, d+"/deep/f")
			perm(t, d+"/deep/f", 0o640)
		}},
		{"a link from a folder that is one", "jsonl=dir/l", 0, "", func(t *testing.T, d string, _ *exec.Cmd) {
			os.MkdirAll(d+"/a/b", 0o700)
			link(t, "a/b", d+"/dir")
			link(t, "../f", d+"/a/b/l")
		}, func(t *testing.T, d string) { whole(t, d+"/a/f"); gone(t, d+"/f") }},
		{"a dangling link", "jsonl=l", 0, "", func(t *testing.T, d string, _ *exec.Cmd) { link(t, "new", d+"/l") },
			func(t *testing.T, d string) { is(t, d+"/l", fs.ModeSymlink); whole(t, d+"/new") }},
		{"links in a circle", "jsonl=l", 1, "too many levels", func(t *testing.T, d string, _ *exec.Cmd) { link(t, "m", d+"/l"); link(t, "l", d+"/m") },
			func(t *testing.T, d string) { is(t, d+"/l", fs.ModeSymlink) }},
		{"a hard link: the other name keeps what it had", "jsonl=f", 0, "", func(t *testing.T, d string, _ *exec.Cmd) {
			put(t, d+"/f", lastWeek, 0o600)
			if err := os.Link(d+"/f", d+"/g"); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, d string) { whole(t, d+"/f"); old(t, d+"/g") }},
		{"what a killed run left", "jsonl=f", 0, "", func(t *testing.T, d string, _ *exec.Cmd) { put(t, d+"/f.part", "{\"kind\":\"run\"", 0o600) },
			func(t *testing.T, d string) { whole(t, d+"/f"); gone(t, d+"/f.part") }},
		{"a link where it would grow: what it leads to is another's", "jsonl=f", 0, "", func(t *testing.T, d string, _ *exec.Cmd) {
			put(t, d+"/others", lastWeek, 0o600)
			link(t, "others", d+"/f.part")
		}, func(t *testing.T, d string) { old(t, d+"/others"); whole(t, d+"/f"); is(t, d+"/f", 0) }},
		{"a folder where it would grow", "jsonl=f", 1, "is in the way", func(t *testing.T, d string, _ *exec.Cmd) {
			put(t, d+"/f", lastWeek, 0o600)
			os.Mkdir(d+"/f.part", 0o700)
		}, func(t *testing.T, d string) { old(t, d+"/f") }},
		{"one file by two names", "jsonl=f list=l", 2, "both go to l", func(t *testing.T, d string, _ *exec.Cmd) { put(t, d+"/f", lastWeek, 0o600); link(t, "f", d+"/l") },
			func(t *testing.T, d string) { old(t, d+"/f") }},
		{"a new file by two names", "jsonl=f list=l", 2, "both go to l", func(t *testing.T, d string, _ *exec.Cmd) { link(t, "f", d+"/l") },
			func(t *testing.T, d string) { gone(t, d+"/f") }},
		{"one file and what grows beside the other", "jsonl=f list=f.part", 2, "both go to", nil, func(t *testing.T, d string) { gone(t, d+"/f"); gone(t, d+"/f.part") }},
		{"a file that standard output goes to", "text jsonl=f", 2, "both go to standard output", func(t *testing.T, d string, cmd *exec.Cmd) {
			f, err := os.Create(d + "/f")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			cmd.Stdout = f
		}, func(*testing.T, string) {}},
		{"standard output by its path and by none", "text jsonl=/dev/stdout", 2, "both go to standard output", nil, func(*testing.T, string) {}},
		{"a full device", "html=full", 1, "full: no space left", func(t *testing.T, d string, _ *exec.Cmd) { link(t, "/dev/full", d+"/full") }, func(*testing.T, string) {}},
		{"a full disk: the older file stays, and of two outputs the whole one comes", "html=f list=g", 1, "f.part: file too large", func(t *testing.T, d string, cmd *exec.Cmd) {
			put(t, d+"/f", lastWeek, 0o600)
			self := cmd.Path // a limit of 16 KiB is as good as a disk that has no more
			cmd.Path, cmd.Args = "/bin/bash", []string{"bash", "-c", `trap '' XFSZ; ulimit -f 16; exec -a signet "$0" "$@"`, self, "demo", "-o", "html=f", "-o", "list=g"}
		}, func(t *testing.T, d string) { old(t, d+"/f"); gone(t, d+"/f.part"); is(t, d+"/g", 0) }},
		{"the store of the run", "scan --checks http --store sqlite:f -o jsonl=f 127.0.0.1:9", 2, "also uses", nil, func(t *testing.T, d string) { gone(t, d+"/f.part") }},
		{"the counters of the run", "scan --checks http --store none --stats f -o jsonl=./f 127.0.0.1:9", 2, "also uses", nil, func(t *testing.T, d string) { gone(t, d+"/f.part") }},
		{"the list that is read", "scan --checks http --store none --all -f f -o jsonl=f", 0, "", func(t *testing.T, d string, _ *exec.Cmd) { put(t, d+"/f", "127.0.0.1:9\n", 0o600) },
			func(t *testing.T, d string) { whole(t, d+"/f") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := t.TempDir()
			args := strings.Fields(c.outs)
			if args[0] != "scan" {
				args = []string{"demo"}
				for _, o := range strings.Fields(c.outs) {
					args = append(args, "-o", o)
				}
			}
			cmd := asProgram(t, d, args...)
			if c.setup != nil {
				c.setup(t, d, cmd)
			}
			code, said := ended(t, cmd)
			if code != c.code || !strings.Contains(said, c.said) || strings.Contains(said, "panic") {
				t.Errorf("code %d, want %d: %.400s", code, c.code, said)
			}
			c.check(t, d)
		})
	}
}

// A file or folder that may not be written is not replaced either, and costs nothing else. Root may write everything.
func TestForbiddenOutputs(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t)
		return
	}
	d := t.TempDir()
	os.WriteFile(d+"/f", []byte(lastWeek), 0o400)
	os.Mkdir(d+"/shut", 0o700)
	os.WriteFile(d+"/shut/f", []byte(lastWeek), 0o600)
	os.Chmod(d+"/shut", 0o500)
	t.Cleanup(func() { os.Chmod(d+"/shut", 0o700) })
	for _, name := range []string{"f", "shut/f", "shut/new"} {
		code, said := ended(t, asProgram(t, d, "demo", "-o", "jsonl="+name))
		if code != 1 || !strings.Contains(said, "-o jsonl="+name) || !strings.Contains(said, "permission denied") {
			t.Errorf("%s: code %d: %s", name, code, said)
		}
		if b, err := os.ReadFile(filepath.Join(d, name)); err == nil && string(b) != lastWeek {
			t.Errorf("%s: %q", name, b)
		}
		if _, err := os.Stat(filepath.Join(d, name) + ".part"); err == nil {
			t.Errorf("%s.part is there", name)
		}
	}
}
