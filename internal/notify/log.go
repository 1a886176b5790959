package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"signet/internal/reach"
)

// Receiver is the syslog that a flag names for a whole log. Whoever started the program named it: it may be this machine.
type Receiver struct {
	text    string
	network string // tcp, unixgram
	at      string // host and port, or a path
	tls     bool
}

// ParseReceiver reads syslog://host:514 (TCP), syslogs://host:6514 (TLS) or unix:///dev/log, the socket of this machine. The error is a
// *FieldError.
func ParseReceiver(text string) (*Receiver, error) {
	c := Channel{URL: text}
	u, err := c.parsed("syslog", "syslogs", "unix")
	if err != nil {
		return nil, err
	}
	if u.Scheme == "unix" {
		if u.Host != "" || u.User != nil || u.RawQuery != "" || u.Path == "" {
			return nil, wrong("url", "want unix:///dev/log")
		}
		return &Receiver{text: text, network: "unixgram", at: u.Path}, nil
	}
	at, err := c.syslog()
	if err != nil {
		return nil, err
	}
	return &Receiver{text: text, network: "tcp", at: at.server, tls: at.tls}, nil
}

// String is its URL, in which there is no secret.
func (r *Receiver) String() string { return r.text }

// Line is one of a log.
type Line struct {
	At     time.Time
	Kind   string // what happened, in one word: user.create
	Failed bool   // it was tried, and did not happen
	Text   []byte // JSON
}

const (
	audit   = 13 // the facility of RFC 5424 section 6.2.1
	warning = 4
	notice  = 5
)

func (l *Line) priority() int {
	if l.Failed {
		return audit*8 + warning
	}
	return audit*8 + notice
}

// Fits tells whether it is short enough for every receiver.
func (l *Line) Fits() bool { return len(ascii(l.Text)) <= mostRecord-400 } // its head has 322 bytes at most

// far is a line as it goes to another machine: RFC 5424, framed by its length.
func (s *Sender) far(l *Line) string {
	record := fmt.Sprintf("<%d>1 %s %s signet - %s - %s", l.priority(), l.At.UTC().Format("2006-01-02T15:04:05.000Z"), name(s.host(), 255), name(l.Kind, 32), ascii(l.Text))
	return fmt.Sprintf("%d %s", len(record), record)
}

// here is a line as the socket of a machine takes it: without the machine's name.
func (s *Sender) here(l *Line) string {
	return fmt.Sprintf("<%d>%s signet: %s", l.priority(), l.At.Local().Format(time.Stamp), ascii(l.Text))
}

// Forward sends lines in their order. Over TCP and TLS it is done once the other side has read to the end and closed, so that what a
// receiver had not read when it went away is sent again. err says that not all of them may have been taken.
func (s *Sender) Forward(ctx context.Context, r *Receiver, lines []Line) error {
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	if err := s.forward(ctx, r, lines); err != nil {
		return errors.New(reason(err))
	}
	return nil
}

func (s *Sender) forward(ctx context.Context, r *Receiver, lines []Line) error {
	conn, err := s.dialNamed(ctx, r.network, r.at)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	err = s.pass(ctx, r, conn, lines)
	if ctx.Err() != nil { // what the closed connection says is no reason
		return ctx.Err()
	}
	return err
}

// halfCloser is a connection that can say that nothing more comes.
type halfCloser interface{ CloseWrite() error }

func (s *Sender) pass(ctx context.Context, r *Receiver, conn net.Conn, lines []Line) error {
	if r.network != "tcp" {
		for i := range lines { // a datagram each, which the receiver's queue holds once it is written
			if _, err := io.WriteString(conn, s.here(&lines[i])); err != nil {
				return err
			}
		}
		return nil
	}
	if r.tls {
		host, _, err := net.SplitHostPort(r.at)
		if err != nil {
			return err
		}
		t := tls.Client(conn, reach.TLS(host, s.Roots))
		if err := t.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = t
	}
	w := bufio.NewWriter(conn)
	for i := range lines {
		if _, err := w.WriteString(s.far(&lines[i])); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	half, ok := conn.(halfCloser)
	if !ok {
		return errors.New("the connection cannot be ended in order")
	}
	if err := half.CloseWrite(); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, io.LimitReader(conn, 1<<16)) // until the end; a receiver says nothing
	return err
}
