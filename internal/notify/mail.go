package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	mail "github.com/wneessen/go-mail"

	"signet/internal/reach"
)

// mail sends a message by SMTP (RFC 5321), over TLS unless the channel or the flags say otherwise in so many words.
func (s *Sender) mail(ctx context.Context, c *Channel, m *Message) (Result, error) {
	p, err := c.mail()
	if err != nil {
		return Result{}, err
	}
	dial, password := s.dial, c.Secret
	if p.server == "" {
		if s.Relay == nil {
			return Result{}, errNoRelay
		}
		dial = s.dialNamed
		p.server, p.from, p.user, password = s.Relay.Server, s.Relay.From, s.Relay.User, s.Relay.Password
		if s.Relay.AtOnce {
			p.tls = tlsAtOnce
		} else if s.Relay.Plain {
			p.tls = noTLS
		}
	}
	letter, err := s.letter(&p, m)
	if err != nil {
		return Result{}, err
	}
	host, port, err := net.SplitHostPort(p.server)
	if err != nil {
		return Result{}, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return Result{}, err
	}
	conf := reach.TLS(host, s.Roots)
	options := []mail.Option{mail.WithPort(int(number)), mail.WithTimeout(dialTime + patience(m)), mail.WithHELO(s.host()), mail.WithTLSConfig(conf), mail.WithoutNoop()}
	switch p.tls {
	case startTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithDialContextFunc(dial))
	case noTLS:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS), mail.WithDialContextFunc(dial))
	case tlsAtOnce:
		// The library knows by the connection that it is TLS already, and offers passwords then; told so, it would make one of its own.
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic), mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			t := tls.Client(conn, conf)
			if err := t.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, err
			}
			return t, nil
		}))
	}
	if p.user != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(p.user), mail.WithPassword(password))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return Result{}, err
	}
	if err = client.DialWithContext(ctx); err == nil {
		err = client.Send(letter)
		_ = client.Close() // what was taken was taken, however the other side says goodbye
	}
	if err != nil {
		return Result{}, withoutText(err)
	}
	return Result{Status: "250"}, nil
}

// withoutText leaves of what a mail server answered its code: it may say a password again.
func withoutText(err error) error {
	var refused *mail.SendError
	var answer *textproto.Error
	code := 0
	if errors.As(err, &refused) {
		code = refused.ErrorCode()
	}
	if code == 0 && errors.As(err, &answer) {
		code = answer.Code
	}
	if code == 0 {
		return err
	}
	return &refusal{fmt.Sprintf("%d: the mail server refused it", code)}
}

// letter is a message as a mail. Its ID is that of the message, so that one that is sent twice is known to be the same.
func (s *Sender) letter(p *post, m *Message) (*mail.Msg, error) {
	l := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := l.From(p.from); err != nil {
		return nil, wrong("url", "%.60q is no address to send from", p.from)
	}
	if err := l.To(p.to...); err != nil {
		return nil, wrong("url", "has an address that no mail goes to")
	}
	subject := oneLine(m.Title)
	if m.Site != "" {
		subject = fmt.Sprintf("[%s] %s", oneLine(m.Site), subject)
	}
	l.Subject(subject)
	l.SetDateWithValue(m.At)
	l.SetMessageIDWithValue(m.ID + "@" + s.host())
	l.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence is answered to it
	l.SetGenHeader("X-Signet-Kind", string(m.Kind))
	l.SetBodyString(mail.TypeTextPlain, plainText(m))
	l.AddAlternativeString(mail.TypeTextHTML, hyperText(m))
	for i := range m.Files {
		f := &m.Files[i]
		if err := l.AttachReader(f.Name, bytes.NewReader(f.Body), mail.WithFileContentType(mail.ContentType(f.Type))); err != nil {
			return nil, err
		}
	}
	return l, nil
}

const mostSubject = 200

// oneLine is text for a header: no control characters, and not too long.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029'
	}), " ")
	if r := []rune(s); len(r) > mostSubject {
		return string(r[:mostSubject-1]) + "…"
	}
	return s
}

func plainText(m *Message) string {
	var b strings.Builder
	b.WriteString(oneLine(m.Title) + "\n")
	if len(m.Rows) > 0 {
		b.WriteByte('\n')
	}
	for i := range m.Rows {
		b.WriteString("- " + oneLine(m.Rows[i].line()) + "\n")
	}
	if m.More > 0 {
		b.WriteString(m.more() + "\n")
	}
	if m.Link != "" {
		b.WriteString("\n" + m.Link + "\n")
	}
	return b.String()
}

func hyperText(m *Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=\"en\"><body style=\"font-family:sans-serif\"><p><b>%s</b></p>", html.EscapeString(oneLine(m.Title)))
	if len(m.Rows) > 0 {
		b.WriteString("<ul>")
		for i := range m.Rows {
			fmt.Fprintf(&b, "<li>%s</li>", html.EscapeString(oneLine(m.Rows[i].line())))
		}
		b.WriteString("</ul>")
	}
	if m.More > 0 {
		fmt.Fprintf(&b, "<p>%s</p>", m.more())
	}
	if m.Link != "" {
		fmt.Fprintf(&b, "<p><a href=\"%[1]s\">%[1]s</a></p>", html.EscapeString(m.Link))
	}
	b.WriteString("</body></html>")
	return b.String()
}
