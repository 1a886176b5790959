package notify

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"signet/internal/reach"
)

// mostRecord is how long a record is at most: what a receiver should take by RFC 5425 section 4.3.1.
const mostRecord = 8192

// syslog sends a message as one record of RFC 5424, framed by its length (RFC 6587 section 3.4.1, RFC 5425), over TCP or TLS. Nobody answers
// to it: that the connection took it and was closed in order is all that can be known.
func (s *Sender) syslog(ctx context.Context, c *Channel, m *Message) (Result, error) {
	at, err := c.syslog()
	if err != nil {
		return Result{}, err
	}
	record, err := s.record(m)
	if err != nil {
		return Result{}, err
	}
	conn, err := s.dial(ctx, "tcp", at.server)
	if err != nil {
		return Result{}, err
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return Result{}, err
		}
	}
	if at.tls {
		host, _, err := net.SplitHostPort(at.server)
		if err != nil {
			return Result{}, err
		}
		t := tls.Client(conn, reach.TLS(host, s.Roots))
		if err := t.HandshakeContext(ctx); err != nil {
			return Result{}, err
		}
		conn = t
	}
	if _, err := fmt.Fprintf(conn, "%d %s", len(record), record); err != nil {
		return Result{}, err
	}
	if t, ok := conn.(*tls.Conn); ok {
		err = t.CloseWrite()
	} else if t, ok := conn.(*net.TCPConn); ok {
		err = t.CloseWrite()
	}
	if err != nil {
		return Result{}, err
	}
	return Result{Status: "sent"}, nil
}

// record is a message as syslog has it: of the facility of what concerns security (4), with the event as JSON in ASCII for its text. Rows
// that do not fit are counted as more.
func (s *Sender) record(m *Message) ([]byte, error) {
	head := fmt.Sprintf("<%d>1 %s %s signet - %s - ", 4*8+severity(m.Severity), m.At.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z"), name(s.host(), 255), name(string(m.Kind), 32))
	e := m.event()
	for {
		b, err := json.Marshal(struct {
			ID string `json:"id"`
			event
		}{m.ID, e})
		if err != nil {
			return nil, err
		}
		if text := ascii(b); len(head)+len(text) <= mostRecord {
			return []byte(head + text), nil
		}
		switch n := len(e.Data.Rows); {
		case n > 0:
			e.Data.Rows, e.Data.More = e.Data.Rows[:n-1], e.Data.More+1
		case e.Data.Title != "":
			e.Data.Title = "" // and is on the page
		default:
			return nil, fmt.Errorf("a record has more than %d bytes", mostRecord)
		}
	}
}

// severity is that of RFC 5424 section 6.2.1.
func severity(s string) int {
	switch s {
	case "critical":
		return 2
	case "high":
		return 3
	case "medium":
		return 4
	case "low":
		return 5
	}
	return 6
}

// name is a field of the head: printable ASCII without spaces.
func name(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f {
			return -1
		}
		return r
	}, s)
	if s = s[:min(len(s), most)]; s == "" {
		return "-"
	}
	return s
}

// ascii escapes what JSON may write as it is.
func ascii(b []byte) string {
	var out strings.Builder
	for _, r := range string(b) {
		switch {
		case r < 0x7f:
			out.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
