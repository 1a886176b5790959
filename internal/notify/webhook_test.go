package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The vector that the specification of Standard Webhooks publishes.
func TestSignature(t *testing.T) {
	k, err := key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	if got := sign(k, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`)); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("signature %s", got)
	}
}

func receiver(t *testing.T, answer http.HandlerFunc) (*httptest.Server, *[]took) {
	t.Helper()
	var list []took
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		list = append(list, took{r.Header, b})
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s, &list
}

func TestWebhook(t *testing.T) {
	server, got := receiver(t, nil)
	s := sender(t)
	at := time.Date(2026, 11, 29, 12, 30, 0, 0, time.UTC)
	s.Now = func() time.Time { return at }
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	r, err := s.Send(t.Context(), Channel{Kind: "webhook", URL: server.URL + "/in?key=1", Secret: secret}, hostile())
	if err != nil || r.Status != "200" || len(*got) != 1 {
		t.Fatalf("%+v %v, %d requests", r, err, len(*got))
	}
	h, body := (*got)[0].header, (*got)[0].body
	k, err := key(secret)
	if err != nil {
		t.Fatal(err)
	}
	if h.Get("Webhook-Id") != "msg_1" || h.Get("Webhook-Timestamp") != fmt.Sprint(at.Unix()) || h.Get("Webhook-Signature") != sign(k, "msg_1", at, body) || h.Get("User-Agent") != "signet/1.0" {
		t.Errorf("headers %v", h)
	}
	var e struct {
		Type, Timestamp string
		Data            struct {
			Title string
			Rows  []map[string]any
			More  int
		}
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Type != "findings.worsened" || e.Timestamp != "2026-11-29T12:00:00Z" || len(e.Data.Rows) != 2 || e.Data.More != 3 || e.Data.Rows[0]["rule"] != "smb-signing-not-required" {
		t.Errorf("%v %s", err, body)
	}
}

func TestChat(t *testing.T) {
	server, got := receiver(t, nil)
	if r, err := sender(t).Send(t.Context(), Channel{Kind: "slack", URL: server.URL}, hostile()); err != nil {
		t.Fatalf("%+v %v", r, err)
	}
	var e struct{ Text string }
	if err := json.Unmarshal((*got)[0].body, &e); err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"<!channel>", "@all", "](http", "<img"} {
		if strings.Contains(e.Text, never) {
			t.Errorf("%s in %s", never, e.Text)
		}
	}
	for _, always := range []string{"<https://signet.corp.example/board?state=open>", "and 3 more", "critical, adcs appeared", "10.0.0.6 port 80", "(desk)"} {
		if !strings.Contains(e.Text, always) {
			t.Errorf("no %s in %s", always, e.Text)
		}
	}
}

func TestAnswers(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		status string
		after  time.Duration
	}{
		{"refused", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "secret body", http.StatusForbidden) }, "403 Forbidden", 0},
		{"too much", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "90"); w.WriteHeader(429) }, "429 Too Many Requests", 90 * time.Second},
		{"for ever", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "99999999999")
			w.WriteHeader(503)
		}, "503 Service Unavailable", 24 * time.Hour},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, "307: it answered with a redirect, and none is followed", 0},
		{"a broken answer", func(w http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = c.Write([]byte("220 mail\r\n"))
				c.Close()
			}
		}, "malformed HTTP", 0},
	} {
		server, _ := receiver(t, c.answer)
		r, err := sender(t).Send(t.Context(), Channel{Kind: "webhook", URL: server.URL + "/?token=hush"}, hostile())
		if err == nil || !strings.Contains(r.Status, c.status) || strings.Contains(r.Status, "body") || strings.Contains(r.Status, "hush") || r.After != c.after {
			t.Errorf("%s: %+v %v", c.name, r, err)
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestTemplates(t *testing.T) {
	server, got := receiver(t, nil)
	m := hostile()
	for _, text := range []string{
		`{"text": "{{.Title}}", "rows": [{{range $i, $r := .Rows}}{{if $i}},{{end}}{"host": "{{$r.Host}}", "line": "{{.Line}}", "port": {{.Port}}}{{end}}], "more": {{.More}}}`,
		`{"text": {{json .Title}}, "rows": [{{range $.Rows}}{"host": {{.Host | json}}}, {{end}}null]}`,
	} {
		c := Channel{Kind: "webhook", URL: server.URL, Template: text}
		if r, err := sender(t).Send(t.Context(), c, m); err != nil {
			t.Fatalf("%+v %v", r, err)
		}
		var out struct {
			Text string
			Rows []struct{ Host string }
			X    any
		}
		if err := json.Unmarshal((*got)[len(*got)-1].body, &out); err != nil || out.Text != m.Title || out.Rows[0].Host != m.Rows[0].Host || out.X != nil {
			t.Errorf("%v %s", err, (*got)[len(*got)-1].body)
		}
	}
	for _, text := range []string{
		`{{`, `not JSON`, `{"text": {{.Title}}}`, `{{/* */}}`, strings.Repeat(" ", mostTemplate) + `{}`, `{"a": "{{.Secret}}"}`, `{}{{range 1000000000}}{{end}}`, `{}{{$n := 9}}{{range $n}}{{end}}`,
		`{}{{range .Rows}}{{range $.Rows}}{{end}}{{end}}`, `{}{{with .Rows}}{{range .}}{{end}}{{end}}`, `{{define "a"}}{{template "a"}}{{end}}{}`, `{}{{template "b"}}`, `{{block "c" .}}{}{{end}}`,
		`{"a": "{{printf "%1000000000d" 1}}"}`, `{"a": {{(len (print 1))}}}`, `{{if (print 1)}}{}{{end}}`, `{"a": "{{html .Title}}"}`, `{"a": "{{js .Title}}"}`, `{"a": "{{index .Rows 0}}"}`, `{"a": "{{slice .Title 1}}"}`,
	} {
		c := Channel{Kind: "webhook", URL: server.URL, Template: text}
		var f *FieldError
		if err := c.Check(); !errors.As(err, &f) || f.Field != "template" {
			t.Errorf("%.60s: %v", text, err)
		}
	}
	long := `{"t": "` + strings.Repeat("x", mostTemplate-100) + `{{range .Rows}}{{.Line}}{{end}}"}`
	m.Rows = nil
	for range MostRows {
		m.Rows = append(m.Rows, Row{Text: strings.Repeat("<", 10_000)})
	}
	if _, err := fill(long, m); !errors.Is(err, errFilled) {
		t.Errorf("%v", err)
	}
}

// The templates of docs/serve.md make JSON of whatever a server calls itself, of the form that each receiver takes.
func TestDocumentedTemplates(t *testing.T) {
	b, err := os.ReadFile("../../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, holds := range map[string]func(out map[string]any, m *Message) bool{
		"Teams": func(out map[string]any, m *Message) bool {
			list, _ := out["attachments"].([]any)
			card, _ := list[0].(map[string]any)
			content, _ := card["content"].(map[string]any)
			body, _ := content["body"].([]any)
			first, _ := body[0].(map[string]any)
			return out["type"] == "message" && len(list) == 1 && card["contentType"] == "application/vnd.microsoft.card.adaptive" && content["type"] == "AdaptiveCard" && content["version"] == "1.4" &&
				len(body) == 1+len(m.Rows) && first["type"] == "TextBlock" && first["text"] == m.Title
		},
		"Jira": func(out map[string]any, m *Message) bool {
			text, _ := out["description"].(string)
			return out["summary"] == m.Title && strings.Count(text, "\n") == len(m.Rows) && strings.HasSuffix(text, m.Link) && fmt.Sprint(out["labels"]) == "[signet high]"
		},
		"ServiceNow": func(out map[string]any, m *Message) bool {
			text, _ := out["description"].(string)
			return out["short_description"] == m.Title && strings.HasSuffix(text, m.Link) && out["correlation_id"] == m.ID && out["urgency"] == "1"
		},
	} {
		_, text, found := strings.Cut(string(b), "For "+name+" (")
		_, text, _ = strings.Cut(text, "\n\n")
		text, _, _ = strings.Cut(text, "\n\n")
		if !found || !strings.HasPrefix(text, "    {") {
			t.Errorf("docs/serve.md has no template for %s", name)
			continue
		}
		for _, rows := range []int{2, 0} {
			m := hostile()
			m.Rows = m.Rows[:rows]
			body, err := fill(text, m)
			var out map[string]any
			if err != nil || json.Unmarshal(body, &out) != nil || rows > 0 && !strings.Contains(string(body), "10.0.0.5 port 445") || !holds(out, m) {
				t.Errorf("%s, %d rows: %v: %s", name, rows, err, body)
			}
		}
	}
}
