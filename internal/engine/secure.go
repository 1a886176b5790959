package engine

import (
	"errors"
	"io"
	"net"

	"signet/internal/check"
	"signet/internal/dial"
)

// secure makes the connection a TLS one and tells the conversation what the handshake showed; false: it failed.
func (d *dialogue) secure(t *check.TLS) (a check.Action, ok bool) {
	var under net.Conn = d.raw
	if t.Framer != nil {
		under = &framed{Conn: d.raw, framer: t.Framer}
	}
	d.arm()
	s, err := dial.Client(d.ctx, under, dial.TLSOptions{ServerName: t.ServerName, NextProtos: t.NextProtos, MaxVersion: t.MaxVersion})
	if err != nil {
		if errors.Is(err, io.EOF) || dial.IsReset(err) {
			err = check.ErrTLSClosed
		}
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err // without this machine's own address and port
		}
		d.fail(check.TLSFailed, err)
		return check.Action{}, false
	}
	if t.Framer != nil {
		t.Framer.Established()
	}
	d.conn = s
	d.arm()
	st := check.TLSState{Facts: s.Facts, Version: s.State.Version, Protocol: s.State.NegotiatedProtocol}
	if len(s.State.PeerCertificates) > 0 {
		st.Leaf = s.State.PeerCertificates[0].Raw
	}
	d.end.TLS = &st
	return d.stepper.Secured(st), true
}

// framed carries TLS records inside another protocol's packets.
type framed struct {
	net.Conn
	framer check.Framer
	in     []byte // received, not unwrapped
	out    []byte // unwrapped, not read
}

func (f *framed) Write(p []byte) (int, error) {
	if _, err := f.Conn.Write(f.framer.Wrap(nil, p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *framed) Read(p []byte) (int, error) {
	for len(f.out) == 0 {
		if len(f.in) > 0 {
			records, used, err := f.framer.Unwrap(f.in)
			if err != nil {
				return 0, err
			}
			if used > 0 {
				f.out = append(f.out, records...)
				f.in = f.in[:copy(f.in, f.in[used:])]
				continue
			}
		}
		var more [4096]byte
		n, err := f.Conn.Read(more[:])
		f.in = append(f.in, more[:n]...)
		if err != nil && n == 0 {
			return 0, err
		}
	}
	n := copy(p, f.out)
	f.out = f.out[:copy(f.out, f.out[n:])]
	return n, nil
}
