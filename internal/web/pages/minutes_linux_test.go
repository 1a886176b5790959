package pages_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signet/internal/notify"
	"signet/internal/report/reporttest"
)

// samba is a real smbd on port 445 of an address, which needs root.
type samba struct {
	addr, dir string
	running   *exec.Cmd
}

// start has it run with a level of signing, in the place of the one that ran.
func (s *samba) start(t *testing.T, signing string) {
	t.Helper()
	s.stop(t)
	conf := "[global]\nnetbios name = FILES\nserver role = standalone server\nbind interfaces only = yes\nsmb ports = 445\ndisable netbios = yes\nload printers = no\ndisable spoolss = yes\nprintcap name = /dev/null\n" +
		"interfaces = " + s.addr + "/8\nserver signing = " + signing + "\nlog file = " + s.dir + "/log\n"
	for _, of := range []string{"private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir"} {
		conf += of + " = " + s.dir + "/" + strings.ReplaceAll(of, " ", "-") + "\n"
		if err := os.MkdirAll(filepath.Join(s.dir, strings.ReplaceAll(of, " ", "-")), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(s.dir, "smb.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	s.running = exec.Command("smbd", "--foreground", "--no-process-group", "--configfile="+file)
	s.running.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its children end with it
	if err := s.running.Start(); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", net.JoinHostPort(s.addr, "445"))
		if err == nil {
			c.Close()
			return
		}
		if time.Since(begin) > 20*time.Second {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			t.Fatalf("smbd does not listen: %v: %s", err, log)
		}
	}
}

func (s *samba) stop(t *testing.T) {
	if s.running == nil {
		return
	}
	if err := syscall.Kill(-s.running.Process.Pid, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	s.running.Wait()
	for { // what it forked
		if err := syscall.Kill(-s.running.Process.Pid, syscall.SIGKILL); errors.Is(err, syscall.ESRCH) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.running = nil
}

func newSamba(t *testing.T, addr string) *samba {
	t.Helper()
	if _, err := exec.LookPath("smbd"); err != nil || os.Geteuid() != 0 {
		reporttest.Missing(t, "smbd is missing (lab/install), or this is not root")
	}
	s := &samba{addr: addr, dir: t.TempDir()}
	t.Cleanup(func() { s.stop(t) })
	return s
}

// post is a real mail server: where it is, and what it took.
func post(t *testing.T) (port string, letters <-chan *mail.Message) {
	t.Helper()
	modules := os.Getenv("SIGNET_NODE_MODULES")
	if modules == "" {
		reporttest.Missing(t, "missing: SIGNET_NODE_MODULES, a node_modules folder with smtp-server 3.21.6")
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("..", "..", "notify", "testdata", "smtp.js"), modules, "plain")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	if !lines.Scan() {
		t.Fatal("the mail server says no port")
	}
	port = lines.Text()
	took := make(chan *mail.Message, 10)
	go func() {
		for lines.Scan() {
			var of struct{ Raw string }
			if json.Unmarshal(lines.Bytes(), &of) != nil {
				continue
			}
			if m, err := mail.ReadMessage(strings.NewReader(of.Raw)); err == nil {
				took <- m
			}
		}
	}()
	return port, took
}

// TestFirstFiveMinutes: somebody sets up, scans a Samba, gives a finding an owner, mends the server and asks again, has it asked each week and
// gets mail once it is weakened, by what the pages say and nothing else.
func TestFirstFiveMinutes(t *testing.T) {
	const addr = "127.9.9.1"
	server := newSamba(t, addr)
	server.start(t, "auto")
	port, letters := post(t)
	relay, err := notify.ParseRelay("smtp://127.0.0.1:"+port+"/?from=signet@corp.example&tls=none", "")
	if err != nil {
		t.Fatal(err)
	}
	s := serveTo(t, &notify.Sender{Relay: relay}, "", addr)
	ctx := browser(t, s)
	said := func(want string) string {
		t.Helper()
		select {
		case m := <-letters:
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			b := new(strings.Builder)
			if _, failed := bufio.NewReader(m.Body).WriteTo(b); err != nil || failed != nil || !strings.Contains(subject, want) {
				t.Fatalf("%v %v: a letter on %q, want %q", err, failed, subject, want)
			}
			return b.String()
		case <-time.After(20 * time.Second):
			t.Fatalf("no letter on %q", want)
			return ""
		}
	}
	open := func(name string, setUp bool) { // by the navigation, as a user does
		t.Helper()
		if setUp {
			act(t, ctx, chromedp.Click("nav summary"))
		}
		act(t, ctx, chromedp.Click("nav a[href='/"+strings.ToLower(name)+"']"))
		until(t, ctx, `location.pathname === "/`+strings.ToLower(name)+`" && document.querySelector("h1")`)
	}
	verify := func(state string) {
		t.Helper()
		act(t, ctx, chromedp.Click(".verify button"))
		until(t, ctx, `document.querySelector(".state").textContent === "`+state+`" && !document.querySelector(".verify output").textContent`)
	}
	done := func() {
		t.Helper()
		until(t, ctx, `location.pathname.startsWith("/jobs/") && document.querySelector(".job .next")`)
	}

	act(t, ctx, chromedp.Navigate(s.url+"/#"+s.token))
	until(t, ctx, `document.querySelector("h1").textContent === "Set up Signet" && location.hash === ""`)
	act(t, ctx, chromedp.SendKeys("#name", "ada"), chromedp.SendKeys("#password", password), chromedp.KeyEvent("\r"))
	until(t, ctx, `document.querySelector(".lead")?.textContent === "Nothing has been asked yet."`)
	shots(t, ctx, "empty")
	act(t, ctx, chromedp.Click(".doors form[data-call='POST sample'] button"))
	until(t, ctx, `document.querySelector(".sample b")?.textContent === "This is the sample." && document.querySelectorAll(".trend g").length === 4`)
	act(t, ctx, chromedp.Click(".sample button"))
	until(t, ctx, `!document.querySelector(".sample") && document.querySelector(".lead")?.textContent === "Nothing has been asked yet."`)
	act(t, ctx, chromedp.Click(".doors button.main"))
	done()
	act(t, ctx, chromedp.Click(".job .next a"))
	until(t, ctx, `location.pathname === "/board"`)
	row := eval[string](t, ctx, `Array.from(document.querySelectorAll(".finding a[href^='/board/']")).find(a => a.textContent === "`+addr+`:445" && a.parentElement.textContent.includes("smb-signing-not-required")).getAttribute("href")`)

	act(t, ctx, chromedp.Click(".finding a[href='"+row+"']"))
	until(t, ctx, `document.querySelector(".next")?.textContent.includes("Give it an owner")`)
	act(t, ctx, chromedp.SendKeys("input[name=owner]", "file team"), chromedp.SendKeys("input[name=ticket]", "https://tickets.example/7"), chromedp.Click(".fields button"))
	until(t, ctx, `document.querySelector(".next").textContent.includes("only an observation closes it") && document.querySelector("input[name=owner]").value === "file team"`)
	if link := eval[string](t, ctx, `document.querySelector("a[rel~=noopener]").href`); link != "https://tickets.example/7" {
		t.Errorf("the ticket leads to %s", link)
	}
	server.start(t, "mandatory")
	verify("closed")

	// Who is told, and what is asked each week.
	open("Channels", true)
	act(t, ctx, chromedp.SendKeys("#name", "File team"), chromedp.SetValue("#kind", "mail"), chromedp.SendKeys("#url", "mailto:files@corp.example"), chromedp.Click("#new button.main"))
	until(t, ctx, `document.querySelector(".finding b")?.textContent === "File team"`)
	act(t, ctx, chromedp.Click("form[data-call$='/test'] button"))
	until(t, ctx, `document.querySelector("form[data-call$='/test'] output").textContent.startsWith("It arrived: 250")`)
	said("This is a test")
	open("Sites", false)
	act(t, ctx, chromedp.SendKeys("#name", "Files"), chromedp.SendKeys("#targets", addr), chromedp.Click("input[name=checks][value=smb]"), chromedp.Click("form[data-call='POST sites'] button"))
	until(t, ctx, `document.querySelector("h1").textContent === "Files"`)
	act(t, ctx, chromedp.Click("button.main"))
	done()
	open("Schedules", true)
	act(t, ctx, chromedp.SendKeys("#zone", "Europe/Berlin"), chromedp.Click("#new button.main"))
	until(t, ctx, `document.querySelector(".finding")?.textContent.includes("0 6 * * 1") && document.querySelector(".finding").innerText.match(/06:00/g).length === 5`)

	// A report of it goes to whoever leads the team, after each run of the site.
	act(t, ctx, chromedp.SetValue("#rsite", eval[string](t, ctx, `Array.from(document.querySelectorAll("#rsite option")).find(o => o.textContent === "Files").value`)), chromedp.Clear("#rcron"),
		chromedp.SendKeys("#rto", "lead@corp.example"), chromedp.Click("#report button.main"))
	until(t, ctx, `document.querySelectorAll(".finding").length === 2 && document.body.innerText.includes("lead@corp.example")`)

	// Somebody weakens it again: asked again it is open and still the file team's, and the mail says so. Once it is mended nobody is told.
	server.start(t, "auto")
	open("Sites", false)
	act(t, ctx, chromedp.Click("tbody button"))
	done()
	if got := said("1 finding is new or worse at Files"); !strings.Contains(got, addr+" port 445") || !strings.Contains(got, "smb-signing-not-required") {
		t.Errorf("the letter: %s", got)
	}
	if got := said("Report: 1 of 1 host accepts relayed logons"); !strings.Contains(got, "Open findings: 1 high") || !strings.Contains(got, `filename="signet-report-`) {
		t.Errorf("the report: %s", got)
	}
	open("Board", false)
	until(t, ctx, `document.querySelector(".finding summary")?.textContent.startsWith("file team")`)
	act(t, ctx, chromedp.Click(".finding a[href='"+row+"']"))
	until(t, ctx, `document.querySelector(".state")?.textContent === "open"`)
	server.start(t, "mandatory")
	verify("closed")
	open("Changes", false)
	until(t, ctx, `document.querySelectorAll(".change-improved").length > 0`)
	s.Ring()
	select {
	case m := <-letters:
		t.Errorf("somebody is told of what was mended: %s", m.Header.Get("Subject"))
	case <-time.After(500 * time.Millisecond):
	}
	act(t, ctx, chromedp.Navigate(s.url+"/board?state=any&owner=file+team"))
	until(t, ctx, `document.querySelectorAll(".finding").length === 1`)
	act(t, ctx, chromedp.Click(".bulk .check input"), chromedp.SendKeys("#bulkowner", "second team"), chromedp.Click(".bulk button"))
	until(t, ctx, `document.body.textContent.includes("None is so")`)

	// A wrong field is named, and the keyboard's first stop is the way past the navigation.
	act(t, ctx, chromedp.Navigate(s.url+"/tokens"))
	until(t, ctx, `document.querySelector("#name")`)
	act(t, ctx, chromedp.KeyEvent("\t"))
	if got := eval[string](t, ctx, `document.activeElement.className`); got != "skip" {
		t.Errorf("the first stop of the keyboard is %q", got)
	}
	act(t, ctx, chromedp.SendKeys("#name", "program"), chromedp.Click("form.fields button"))
	until(t, ctx, `document.querySelector("[data-secret]").textContent.startsWith("signet_")`)
	act(t, ctx, chromedp.Click(".who button"))
	until(t, ctx, `location.pathname === "/login"`)
	if n := eval[int](t, ctx, `document.cookie.length`); n != 0 {
		t.Error("a script can read the cookie")
	}
	if said := s.said.text(); said != "" {
		t.Errorf("the log: %s", said)
	}
}
