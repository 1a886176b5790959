package smb

import (
	"errors"
	"fmt"

	"signet/internal/check"
	"signet/internal/wire/netbios"
)

// dialogue is what is said inside the transport's frames, message by message.
type dialogue interface {
	// open appends the first message, framed.
	open(dst []byte) []byte
	// answer takes one message of the server. It appends the next message to dst, or says that it is done; neither
	// means that another answer is awaited.
	answer(dst, msg []byte) (out []byte, done bool, err error)
}

// conversation is one connection: the transport's frames, on port 139 the session request before them, and inside the
// frames a dialogue.
type conversation struct {
	dialogue dialogue
	netbios  bool
	called   netbios.Name // whom to ask for, with netbios

	started, ready bool
	// refused is the reply of a server that does not accept the session request.
	refused netbios.SessionReply
	buf     []byte
	taken   int // bytes of whole frames that came
}

// calling is who asks; servers take any name.
const calling = "SIGNET"

// Next implements check.Conversation.
func (c *conversation) Next(in []byte, eof bool) (check.Step, error) {
	step, err := c.next(in, eof)
	c.taken += step.Consumed
	return step, err
}

func (c *conversation) next(in []byte, eof bool) (check.Step, error) {
	if !c.started {
		c.started = true
		if c.netbios {
			c.buf = netbios.AppendSessionRequest(c.buf[:0], c.called, netbios.NewName(calling, netbios.SuffixWorkstation))
		} else {
			c.ready = true
			c.buf = c.dialogue.open(c.buf[:0])
		}
		return check.Step{Send: c.buf, Consumed: len(in), Need: netbios.HeaderSize}, nil
	}
	for consumed := 0; ; {
		rest := in[consumed:]
		n, err := netbios.Need(rest)
		if err != nil {
			return c.foreign(rest, consumed, eof, err)
		}
		if len(rest) < n {
			return check.Step{Consumed: consumed, Need: n}, nil
		}
		frame, _, err := netbios.Read(rest)
		if err != nil {
			return check.Step{}, err
		}
		consumed += n
		if frame.Type == netbios.KeepAlive {
			continue
		}
		out, done, err := c.frame(frame)
		if err != nil {
			return check.Step{}, err
		}
		if done || len(out) > 0 {
			return check.Step{Send: out, Consumed: consumed, Need: netbios.HeaderSize, Done: done}, nil
		}
	}
}

// frame handles one frame of the server.
func (c *conversation) frame(f netbios.Frame) (out []byte, done bool, err error) {
	if !c.ready {
		r, err := netbios.ParseSessionReply(f)
		if err != nil {
			return nil, false, err
		}
		if r.Type != netbios.PositiveResponse {
			c.refused = r
			return nil, true, nil
		}
		c.ready = true
		c.buf = c.dialogue.open(c.buf[:0])
		return c.buf, false, nil
	}
	if f.Type == netbios.NegativeResponse {
		// Without a session request it is what servers send whose list of hosts leaves us out.
		r, err := netbios.ParseSessionReply(f)
		c.refused = r
		return nil, true, err
	}
	if f.Type != netbios.SessionMessage {
		return nil, false, fmt.Errorf("session packet of type 0x%02x, want a message", f.Type)
	}
	out, done, err = c.dialogue.answer(c.buf[:0], f.Payload)
	c.buf = out[:len(out):cap(out)]
	return out, done, err
}

// foreign decides on bytes that start no frame. Eight of them are enough to name the usual protocols.
func (c *conversation) foreign(in []byte, consumed int, eof bool, err error) (check.Step, error) {
	if !errors.Is(err, netbios.ErrType) {
		return check.Step{}, err
	}
	if named := check.SniffForeign(in); named != nil {
		return check.Step{}, named
	}
	if len(in) < 8 && !eof {
		return check.Step{Consumed: consumed, Need: 8}, nil
	}
	return check.Step{}, check.Foreign(fmt.Sprintf("another protocol (first bytes %x)", in[:min(len(in), 8)]))
}
