package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// pseudoTerminal is a terminal and the side on which its user sits.
func pseudoTerminal(t *testing.T) (user, terminal *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { user.Close() })
	if err := unix.IoctlSetPointerInt(int(user.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(user.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return user, terminal
}

// On a terminal a scope that is too large is a question, which repeats the number; anything but yes is no.
func TestConsentOnATerminal(t *testing.T) {
	large := size{addresses: 33554432, dangers: []string{"more than 16777216"}, takes: "about 20 hours"}
	for answer, code := range map[string]int{"y\n": 0, "YES\n": 0, "\n": exitUsage, "n\n": exitUsage, "yeah\n": exitUsage, "33554432\n": exitUsage, "\x04": exitUsage} {
		user, terminal := pseudoTerminal(t)
		a := &app{Process: Process{Stdin: terminal, Stderr: terminal}}
		if _, err := user.WriteString(answer); err != nil {
			t.Fatal(err)
		}
		asked, err := a.consent(t.Context(), &scanFlags{}, large)
		said := make([]byte, 4096)
		n, _ := user.Read(said)
		for !strings.Contains(string(said[:n]), "[y/N]") {
			more, err := user.Read(said[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += more
		}
		if text := string(said[:n]); strings.Count(text, "33554432 addresses") != 2 || !strings.Contains(text, "about 20 hours") || !asked {
			t.Errorf("asked %q", text)
		}
		if got := codeOf(err); got != code {
			t.Errorf("answer %q: code %d, want %d", answer, got, code)
		}
	}
	_, terminal := pseudoTerminal(t)
	for name, a := range map[string]*app{
		"input is no terminal": {Process: Process{Stdin: strings.NewReader("yes\n"), Stderr: terminal}},
		"nobody sees it":       {Process: Process{Stdin: terminal, Stderr: &strings.Builder{}}},
	} {
		if asked, err := a.consent(t.Context(), &scanFlags{}, large); asked || codeOf(err) != exitUsage {
			t.Errorf("%s: asked %v, %v", name, asked, err)
		}
	}
	if asked, err := (&app{Process: Process{Stdin: terminal, Stderr: terminal}}).consent(t.Context(), &scanFlags{Order: run.Order{Files: []string{"-"}}}, large); asked || codeOf(err) != exitUsage {
		t.Errorf("standard input has targets: asked %v, %v", asked, err)
	}
	if _, err := (&app{}).consent(t.Context(), &scanFlags{yes: true}, large); err != nil {
		t.Errorf("--yes: %v", err)
	}
}

// Who is asked and interrupts instead has not answered.
func TestConsentInterrupted(t *testing.T) {
	_, terminal := pseudoTerminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := (&app{Process: Process{Stdin: terminal, Stderr: terminal}}).consent(ctx, &scanFlags{}, size{addresses: 1 << 25, dangers: []string{"more than 16777216"}})
	if codeOf(err) != exitInterrupted {
		t.Errorf("%v", err)
	}
}

// A password that is typed is not shown, and who interrupts has their terminal back as it was.
func TestPasswordOnATerminal(t *testing.T) {
	user, terminal := pseudoTerminal(t)
	a := &app{Process: Process{Stdin: terminal, Stderr: terminal}}
	before, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	silent := func() bool {
		now, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
		return err == nil && now.Lflag&unix.ECHO == 0
	}
	typed := make(chan string, 1)
	go func() {
		got, err := a.password(t.Context(), "New password of ada: ")
		typed <- fmt.Sprint(got, err)
	}()
	for end := time.Now().Add(10 * time.Second); !silent(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what is typed would be shown")
		}
	}
	if _, err := user.WriteString("correct horse\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-typed; got != "correct horse<nil>" {
		t.Errorf("read %q", got)
	}
	said := make([]byte, 4096)
	if n, err := user.Read(said); err != nil || !strings.HasPrefix(string(said[:n]), "New password of ada: ") || strings.Contains(string(said[:n]), "horse") {
		t.Errorf("shown: %q %v", said[:n], err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := a.password(ctx, "New password of ada: "); codeOf(err) != exitInterrupted {
		t.Errorf("interrupted: %v", err)
	}
	if after, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS); err != nil || after.Lflag != before.Lflag {
		t.Errorf("afterwards the terminal has %#x, not %#x: %v", after.Lflag, before.Lflag, err)
	}
	if _, err := user.WriteString("\n"); err != nil { // which ends what still reads
		t.Fatal(err)
	}
}

// A run that is gone on with was let pass when it began: it is not asked about again. The scope of this one is another, which
// is what stops it before a packet is sent.
func TestResumedRunIsNotAskedAbout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs.db")
	s, err := sqlite.Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := store.Begin(t.Context(), s, &store.Run{ID: "r1", Started: time.Now(), Seed: 1, Scope: "another", Flags: json.RawMessage(`{"targets":["8.8.0.0/19"],"flags":{}}`)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Finish(func(r *store.Run) { r.Interrupted = true }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	_, said, code := do(t, "sqlite:"+path, "scan", "--resume", "r1")
	if code != exitUsage || !strings.Contains(said, "the targets are not those of the run") || strings.Contains(said, "--yes") {
		t.Errorf("code %d: %s", code, said)
	}
	if _, said, code = do(t, "sqlite:"+path, "scan", "8.8.0.0/19"); code != exitUsage || !strings.Contains(said, "--yes") {
		t.Errorf("begun anew: code %d: %s", code, said)
	}
}

func codeOf(err error) int {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	if err != nil {
		return -1
	}
	return 0
}
