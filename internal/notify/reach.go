package notify

import (
	"context"
	"net"
	"syscall"
	"time"

	"signet/internal/reach"
)

func joined(host, port string) string { return net.JoinHostPort(host, port) }

// dialTime bounds one connection.
const dialTime = 10 * time.Second

// dial connects to where a channel leads. Which address that is, the kernel is asked last: a name that says another one by then is caught
// too.
func (s *Sender) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if err := reach.Literal(host); err != nil && !s.near {
		return nil, err
	}
	d := &net.Dialer{Timeout: dialTime, Resolver: s.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := reach.Plain(address)
		if err != nil {
			return err
		}
		if why := reach.Refused(at.Addr()); why != "" && !s.near {
			return &reach.Out{At: at.Addr().String(), Why: why}
		}
		if reach.Own(at, s.Own) {
			return &reach.Out{At: at.String(), Why: "this server itself"}
		}
		return nil
	}}
	return d.DialContext(ctx, "tcp", address)
}

// dialNamed connects to what a flag names, the mail server or the syslog: that may be this machine.
func (s *Sender) dialNamed(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: dialTime}
	return d.DialContext(ctx, network, address)
}
