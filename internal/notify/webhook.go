package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"signet/internal/reach"
)

// sign signs a body as Standard Webhooks has it: HMAC-SHA256 over ID, time and body.
func sign(key []byte, id string, at time.Time, body []byte) string {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s.%d.", id, at.Unix())
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

const (
	mostAnswer = 64 << 10 // of an answer that are read, so that the connection ends well
	mostAfter  = 24 * time.Hour
)

// post sends a message by HTTP.
func (s *Sender) post(ctx context.Context, c *Channel, m *Message) (Result, error) {
	u, err := c.web()
	if err != nil {
		return Result{}, err
	}
	body, err := c.content(m)
	if err != nil {
		return Result{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return Result{}, hidingURL(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", strings.TrimSuffix("signet/"+s.Version, "/"))
	if c.Kind == "webhook" {
		now := s.now()
		req.Header.Set("Webhook-Id", m.ID)
		req.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
		if c.Secret != "" {
			k, err := key(c.Secret)
			if err != nil {
				return Result{}, err
			}
			req.Header.Set("Webhook-Signature", sign(k, m.ID, now, body))
		}
	}
	t := &http.Transport{DialContext: s.dial, TLSClientConfig: reach.TLS(u.Hostname(), s.Roots), ForceAttemptHTTP2: true, DisableKeepAlives: true, MaxResponseHeaderBytes: mostAnswer}
	defer t.CloseIdleConnections()
	client := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(req)
	if err != nil {
		return Result{}, hidingURL(err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, mostAnswer)
	r := Result{Status: strconv.Itoa(answer.StatusCode)}
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return r, nil
	case code >= 300 && code < 400:
		return r, &refusal{fmt.Sprintf("%d: it answered with a redirect, and none is followed", code)}
	default:
		r.After = after(answer.Header.Get("Retry-After"), s.now())
		return r, &refusal{strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))}
	}
}

// hidingURL takes the URL out of an error of the client's: it may have a secret in it.
func hidingURL(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}

// after reads Retry-After: seconds, or a date.
func after(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return min(time.Duration(min(n, 1<<20))*time.Second, mostAfter)
	}
	if t, err := http.ParseTime(s); err == nil && t.After(now) {
		return min(t.Sub(now), mostAfter)
	}
	return 0
}

// content is what is sent of a message.
func (c *Channel) content(m *Message) ([]byte, error) {
	switch {
	case c.Kind == "slack":
		return json.Marshal(map[string]string{"text": chat(m)})
	case c.Template != "":
		return fill(c.Template, m)
	}
	return m.body()
}

// chat is a message as Slack and Mattermost show it. Nothing in it mentions anybody, or makes a link but the one.
func chat(m *Message) string {
	var b strings.Builder
	b.WriteString("*" + quiet(m.Title) + "*")
	for i := range m.Rows {
		b.WriteString("\n• " + quiet(m.Rows[i].line()))
	}
	if m.More > 0 {
		b.WriteString("\n" + m.more())
	}
	if m.Link != "" {
		b.WriteString("\n<" + m.Link + ">")
	}
	return b.String()
}

// quiet escapes what those two read as more than text: mentions, and links that a name of a server could be made to look like.
func quiet(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
	const nothing = "\u200b" // of no width
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@"+nothing, "](", "]"+nothing+"(", "://", ":"+nothing+"//").Replace(s)
}
