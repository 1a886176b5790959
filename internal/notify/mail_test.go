package notify

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"signet/internal/report/reporttest"
)

// received is what the mail server of testdata took.
type received struct {
	From, User, Raw string
	To              []string
	Secure          bool
}

// mailServer starts one, and gives its port and its letters.
func mailServer(t *testing.T, kind string) (port int, letters <-chan received, roots *x509.CertPool) {
	t.Helper()
	modules := os.Getenv("SIGNET_NODE_MODULES")
	if modules == "" {
		reporttest.Missing(t, "missing: SIGNET_NODE_MODULES, a node_modules folder with smtp-server 3.21.6")
	}
	cert, key, roots := certificate(t, 2048, x509.SHA256WithRSA)
	cmd := exec.CommandContext(t.Context(), "node", "testdata/smtp.js", modules, kind, cert, key)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	if !lines.Scan() {
		t.Fatal("the mail server says no port")
	}
	if port, err = strconv.Atoi(lines.Text()); err != nil {
		t.Fatal(err)
	}
	took := make(chan received, 10)
	go func() {
		defer close(took)
		for lines.Scan() {
			var r received
			if json.Unmarshal(lines.Bytes(), &r) == nil {
				took <- r
			}
		}
	}()
	return port, took, roots
}

func next(t *testing.T, letters <-chan received) (received, *mail.Message) {
	t.Helper()
	select {
	case r := <-letters:
		m, err := mail.ReadMessage(strings.NewReader(r.Raw))
		if err != nil {
			t.Fatalf("%v: %s", err, r.Raw)
		}
		return r, m
	case <-time.After(10 * time.Second):
		t.Fatal("no letter came")
		return received{}, nil
	}
}

func TestMail(t *testing.T) {
	for _, kind := range []string{"starttls", "tls", "plain"} {
		t.Run(kind, func(t *testing.T) {
			port, letters, roots := mailServer(t, kind)
			s := sender(t)
			s.Roots, s.Host = roots, "signet.corp.example"
			at := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
			c := Channel{Kind: "mail", URL: map[string]string{
				"starttls": "smtp://ada@" + at + "/?from=signet@corp.example&to=team@corp.example,lead@corp.example", "tls": "smtps://ada@" + at + "/?from=signet@corp.example&to=team@corp.example,lead@corp.example",
				"plain": "smtp://" + at + "/?from=signet@corp.example&to=team@corp.example,lead@corp.example&tls=none"}[kind]}
			if kind != "plain" {
				c.Secret = "a word"
			}
			m := hostile()
			m.Files = []File{{"board.csv", "text/csv", []byte("a,b\r\n")}}
			r, err := s.Send(t.Context(), c, m)
			if err != nil || r.Status != "250" {
				t.Fatalf("%+v %v", r, err)
			}
			got, letter := next(t, letters)
			if got.From != "signet@corp.example" || strings.Join(got.To, " ") != "team@corp.example lead@corp.example" || got.Secure != (kind != "plain") || (got.User == "ada") != (kind != "plain") {
				t.Errorf("it took %+v", got)
			}
			h := letter.Header
			if h.Get("Message-Id") != "<msg_1@signet.corp.example>" || h.Get("Auto-Submitted") != "auto-generated" || h.Get("Bcc") != "" || h.Get("X-Evil") != "" {
				t.Errorf("headers %v", h)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
			if err != nil || !strings.Contains(subject, "[hq]") || strings.ContainsAny(subject, "\r\n") {
				t.Errorf("%v, subject %q", err, subject)
			}
			body, err := io.ReadAll(letter.Body)
			_, page, _ := strings.Cut(string(body), "text/html")
			if err != nil || !strings.Contains(page, "board.csv") || !strings.Contains(page, "&lt;img") || strings.Contains(page, "<img") {
				t.Errorf("%v, body %s", err, body)
			}
		})
	}
}

func TestMailThatDoesNotGoOut(t *testing.T) {
	port, letters, roots := mailServer(t, "starttls")
	plain, _, _ := mailServer(t, "plain")
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for _, c := range []struct {
		name    string
		channel Channel
		change  func(*Sender)
		want    string
	}{
		{"a wrong password", Channel{Kind: "mail", URL: "smtp://ada@" + at + "/?from=a@corp.example&to=b@corp.example", Secret: "not the word"}, nil, "535"},
		{"a full box", Channel{Kind: "mail", URL: "smtp://" + at + "/?from=a@corp.example&to=full@corp.example"}, nil, "452: the mail server refused it"},
		{"no TLS where some is wanted", Channel{Kind: "mail", URL: "smtp://127.0.0.1:" + strconv.Itoa(plain) + "/?from=a@corp.example&to=b@corp.example"}, nil, "STARTTLS"},
		{"a certificate of nobody's", Channel{Kind: "mail", URL: "smtp://" + at + "/?from=a@corp.example&to=b@corp.example"}, func(s *Sender) { s.Roots = x509.NewCertPool() }, "unknown authority"},
		{"no server named", Channel{Kind: "mail", URL: "mailto:a@corp.example"}, nil, "--smtp"},
		{"loopback, typed into a page", Channel{Kind: "mail", URL: "smtp://" + at + "/?from=a@corp.example&to=b@corp.example"}, func(s *Sender) { s.near = false }, "nothing may lead to"},
	} {
		s := sender(t)
		s.Roots = roots
		if c.change != nil {
			c.change(s)
		}
		r, err := s.Send(t.Context(), c.channel, hostile())
		if err == nil || !strings.Contains(r.Status, c.want) || strings.Contains(r.Status, "word") || strings.Contains(r.Status, "not so") {
			t.Errorf("%s: %+v %v", c.name, r, err)
		}
	}
	select {
	case r := <-letters:
		t.Errorf("it took %+v", r)
	default:
	}
	// The server of the flags may be this machine.
	s := sender(t)
	s.Roots, s.near = roots, false
	s.Relay = &Relay{Server: at, From: "signet@corp.example", User: "ada", Password: "a word"}
	if r, err := s.Send(t.Context(), Channel{Kind: "mail", URL: "mailto:team@corp.example"}, hostile()); err != nil {
		t.Fatalf("%+v %v", r, err)
	}
	if got, _ := next(t, letters); got.User != "ada" || got.From != "signet@corp.example" {
		t.Errorf("it took %+v", got)
	}
}
