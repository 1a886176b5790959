package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// maxPending is how many bytes a conversation may leave unconsumed while it waits for more.
const maxPending = 64 << 10

// maxTraced is how much of one answer a transcript keeps; whatever proves a fact stands at its start.
const maxTraced = 16 << 10

// Hold opens the attempt's connection to an address, holds its conversation and says how it ended. The exchanges
// are appended to trace, unless that is nil.
func Hold(ctx context.Context, d *dial.Dialer, to netip.AddrPort, a check.Attempt, trace *[]signet.Exchange) check.End {
	return hold(ctx, d, to, a, nil, trace)
}

// hold is Hold on account of a host's time.
func hold(ctx context.Context, d *dial.Dialer, to netip.AddrPort, a check.Attempt, stay *dial.Stay, trace *[]signet.Exchange) check.End {
	network := "tcp"
	if a.UDP {
		network = "udp"
	}
	conn, err := d.Dial(ctx, network, to, stay)
	if err != nil {
		return dialEnd(ctx, err, to.Addr())
	}
	return holdOn(ctx, d, conn, to, a, a.TLS, 0, stay, trace)
}

// holdOn holds the attempt's conversation on a connection that is up, from its beginning or from after a StartTLS
// step on, and closes it. first is the handshake to begin with, received what came before.
func holdOn(ctx context.Context, d *dial.Dialer, conn *dial.Conn, to netip.AddrPort, a check.Attempt, first *check.TLS, received int, stay *dial.Stay, trace *[]signet.Exchange) check.End {
	h := &holder{ctx: ctx, conn: conn, raw: conn, talk: a.Talk, note: a.Note, wait: patience(d, &a), trace: trace}
	h.end.Connected, h.end.Received = !a.UDP, received
	if a.UDP {
		h.buf = make([]byte, 0, maxPending) // what does not fit a reading is lost with its datagram
	}
	// The reader of a blocking connection is woken by a deadline in the past.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	stay.Await()
	defer func() {
		stay.Heard()
		stop()
		conn.Conn.Close()
	}()
	h.run(first)
	if !a.UDP && h.end.Cause != check.Interrupted {
		d.Pace.Heard(to.Addr(), dial.LikeExchange(to.Port(), a.Note), 0, exchanged(&h.end))
	}
	return h.end
}

// exchanged is what the end of an exchange says of the network.
func exchanged(end *check.End) dial.Fate {
	if end.Cause == check.Reset || errors.Is(end.Err, check.ErrTLSClosed) {
		return dial.Cut
	}
	return dial.Held
}

// earlyBytes says that a peer spoke where only a handshake may come.
func earlyBytes(n int) error { return fmt.Errorf("%d bytes before the TLS handshake", n) }

// patience is how long to wait for each answer of an attempt.
func patience(d *dial.Dialer, a *check.Attempt) time.Duration {
	if a.Wait > 0 {
		return a.Wait
	}
	return d.Limits.Exchange
}

func dialEnd(ctx context.Context, err error, to netip.Addr) check.End {
	end := check.End{Err: err}
	switch {
	case errors.Is(err, dial.ErrExcluded):
		end.Cause = check.Denied
	case ctx.Err() != nil:
		end.Cause = check.Interrupted
	case dial.IsRefused(err):
		end.Cause, end.Connected, end.Err = check.Rejected, false, nil
	case dial.IsTimeout(err):
		end.Cause, end.Err = check.NoAnswer, nil
	case dial.IsReset(err):
		end.Cause, end.Err = check.Reset, nil
	default:
		end.Cause = unmade(err, to)
		end.Err = errnoOf(err)
	}
	return end
}

// errnoOf strips an error of the addresses that package net adds: they stand on the observation.
func errnoOf(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	return err
}

// unmade is why a connection was not made that no peer refused.
func unmade(err error, to netip.Addr) check.Cause {
	switch dial.Lacking(err, to) {
	case dial.NoRoom, dial.NoRight:
		return check.Unable
	case dial.NoRoute:
		return check.Unrouted
	}
	return check.Unroutable
}

// holder drives one conversation over one blocking connection.
type holder struct {
	ctx   context.Context
	raw   *dial.Conn // deadlines are set here
	conn  net.Conn   // raw, or TLS over it
	talk  check.Conversation
	note  string
	wait  time.Duration
	trace *[]signet.Exchange
	end   check.End

	buf []byte // received and not consumed
	eof bool
}

func (h *holder) fail(cause check.Cause, err error) {
	if h.ctx.Err() != nil {
		cause, err = check.Interrupted, nil
	}
	h.end.Cause, h.end.Err = cause, err
}

func (h *holder) run(first *check.TLS) {
	h.arm()
	if first != nil && !h.secure(first) {
		return
	}
	need := 0
	for ask := true; ; {
		if ask {
			step, err := h.talk.Next(h.buf, h.eof)
			if err != nil {
				h.fail(check.Malformed, err)
				return
			}
			h.buf = h.buf[:copy(h.buf, h.buf[min(step.Consumed, len(h.buf)):])]
			if len(step.Send) > 0 && !h.send(step.Send) {
				return
			}
			if step.Done {
				h.end.Cause = check.Done
				return
			}
			if step.StartTLS != nil {
				if len(h.buf) > 0 {
					h.fail(check.Malformed, earlyBytes(len(h.buf)))
					return
				}
				if !h.secure(step.StartTLS) {
					return
				}
				need = 0
				continue
			}
			need = step.Need
		}
		if h.eof {
			h.fail(check.Closed, nil)
			return
		}
		if need > maxPending {
			h.fail(check.OverBudget, fmt.Errorf("a message of %d bytes", need))
			return
		}
		if !h.receive() {
			return
		}
		ask = h.eof || len(h.buf) >= need
	}
}

// arm starts the time for an answer.
func (h *holder) arm() {
	h.raw.SetDeadline(time.Now().Add(h.wait))
	if h.ctx.Err() != nil { // the wake-up above may have come before this deadline
		h.raw.SetDeadline(time.Unix(1, 0))
	}
}

func (h *holder) send(b []byte) bool {
	traceSent(h.trace, h.note, b)
	h.arm()
	_, err := h.conn.Write(b)
	if err != nil && (dial.IsTimeout(err) || h.ctx.Err() != nil) {
		h.readError(err)
		return false
	}
	if err != nil && (dial.IsShort(err) || dial.IsForbidden(err)) { // a datagram that this machine did not let out
		h.fail(check.Unable, errnoOf(err))
		return false
	}
	return true // a peer that closed may have said why: reading tells
}

func (h *holder) receive() bool {
	if len(h.buf) == cap(h.buf) {
		if len(h.buf) > maxPending {
			h.fail(check.OverBudget, nil)
			return false
		}
		h.buf = append(h.buf, make([]byte, max(2048, len(h.buf)))...)[:len(h.buf)]
	}
	n, err := h.conn.Read(h.buf[len(h.buf):cap(h.buf)])
	got := h.buf[len(h.buf) : len(h.buf)+n]
	h.buf = h.buf[:len(h.buf)+n]
	h.end.Received += n
	traceReceived(h.trace, h.note, got)
	if err == nil || n > 0 {
		return true
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		h.eof = true
		return true
	}
	h.readError(err)
	return false
}

// traceSent begins an exchange in a transcript, unless that is nil.
func traceSent(trace *[]signet.Exchange, note string, b []byte) {
	if trace != nil {
		*trace = append(*trace, signet.Exchange{Note: note, Sent: append([]byte(nil), b...)})
	}
}

// traceReceived adds to the last exchange of a transcript, unless that is nil.
func traceReceived(trace *[]signet.Exchange, note string, got []byte) {
	if trace == nil || len(got) == 0 {
		return
	}
	if n := len(*trace); n == 0 || (*trace)[n-1].Note != note { // who speaks first on a new connection
		*trace = append(*trace, signet.Exchange{Note: note})
	}
	last := &(*trace)[len(*trace)-1]
	last.Received = append(last.Received, got[:min(len(got), max(0, maxTraced-len(last.Received)))]...)
}

func (h *holder) readError(err error) {
	switch {
	case errors.Is(err, dial.ErrBudget):
		h.fail(check.OverBudget, nil)
	case dial.IsRefused(err): // UDP: the host's ICMP port unreachable
		h.fail(check.Rejected, nil)
	case dial.IsReset(err):
		h.fail(check.Reset, nil)
	case dial.IsTimeout(err):
		h.fail(check.Stalled, nil)
	default:
		h.fail(check.Closed, err)
	}
}
