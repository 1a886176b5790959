package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// maxTraced is how much of one answer a transcript keeps; whatever proves a fact stands at its start.
const maxTraced = 16 << 10

// Converse opens the attempt's connection to an address, holds its conversation and says how it ended. The exchanges
// are appended to trace, unless that is nil.
func Converse(ctx context.Context, d *dial.Dialer, to netip.AddrPort, a check.Attempt, trace *[]signet.Exchange) check.End {
	return converse(ctx, d, to, a, nil, trace)
}

// converse is Converse with the time that it takes counted by stay, the host's; nil counts nothing.
func converse(ctx context.Context, d *dial.Dialer, to netip.AddrPort, a check.Attempt, stay *dial.Stay, trace *[]signet.Exchange) check.End {
	network := "tcp"
	if a.UDP {
		network = "udp"
	}
	conn, err := d.Dial(ctx, network, to, stay)
	if err != nil {
		return dialEnd(ctx, err, to.Addr())
	}
	return converseOn(ctx, d, conn, to, a, a.TLS, 0, stay, trace)
}

// converseOn holds the attempt's conversation on a connection that is up, and closes it. A conversation may have begun
// elsewhere and go on here with a TLS handshake: first is that handshake, or the one that a new conversation begins
// with; nil: none. received counts the bytes that came before.
func converseOn(ctx context.Context, d *dial.Dialer, conn *dial.Conn, to netip.AddrPort, a check.Attempt, first *check.TLS, received int, stay *dial.Stay, trace *[]signet.Exchange) check.End {
	t := &dialogue{ctx: ctx, conn: conn, raw: conn, note: a.Note, wait: patience(d, &a), trace: trace}
	t.stepper.Hold(a.Talk)
	t.end.Connected, t.end.Received = !a.UDP, received
	t.in = make([]byte, reading)
	if a.UDP {
		t.in = make([]byte, largestDatagram)
	}
	// When ctx ends, a deadline in the past wakes whoever reads from the blocking connection.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	stay.Await()
	defer func() {
		stay.Heard()
		stop()
		conn.Conn.Close()
	}()
	t.run(first)
	if !a.UDP && t.end.Cause != check.Interrupted {
		d.Gate.Heard(to.Addr(), dial.LikeExchange(to.Port(), a.Note), 0, exchanged(&t.end))
	}
	return t.end
}

// exchanged is what the pacer is told of an exchange that ended so: cut where the peer, or something on the way, broke
// the connection off.
func exchanged(end *check.End) dial.Fate {
	if end.Cause == check.Reset || errors.Is(end.Err, check.ErrTLSClosed) {
		return dial.Cut
	}
	return dial.Held
}

// patience is how long to wait for each answer of an attempt.
func patience(d *dial.Dialer, a *check.Attempt) time.Duration {
	if a.Wait > 0 {
		return a.Wait
	}
	return d.Limits.Exchange
}

// dialEnd is how an attempt ends whose connection could not be made.
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

// errnoOf strips an error of the addresses that package net adds: the observation has them already.
func errnoOf(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	return err
}

// unmade is why a connection to an address could not be made, where no peer refused it.
func unmade(err error, to netip.Addr) check.Cause {
	switch dial.Lacking(err, to) {
	case dial.NoRoom, dial.NoRight:
		return check.Unable
	case dial.NoRoute:
		return check.Unrouted
	}
	return check.Unroutable
}

// How much is read at once: of a stream a little, since most answers are short; of datagrams one, since what does not
// fit a reading is lost.
const (
	reading         = 4 << 10
	largestDatagram = 64 << 10
)

// dialogue holds one conversation over one blocking connection.
type dialogue struct {
	ctx     context.Context
	raw     *dial.Conn // deadlines are set here
	conn    net.Conn   // raw, or TLS over it
	stepper check.Stepper
	note    string
	wait    time.Duration
	trace   *[]signet.Exchange
	end     check.End
	in      []byte // what is read into
}

func (d *dialogue) fail(cause check.Cause, err error) {
	if d.ctx.Err() != nil {
		cause, err = check.Interrupted, nil
	}
	d.end.Cause, d.end.Err = cause, err
}

// run does what the conversation asks for until it is over, and leaves in d.end how it ended.
func (d *dialogue) run(first *check.TLS) {
	d.arm()
	a := check.Action{StartTLS: first}
	if first == nil {
		a = d.stepper.Step(nil, false)
	}
	for ok := true; ok; {
		if len(a.Send) > 0 && !d.send(a.Send) {
			return
		}
		switch {
		case a.End == check.Done:
			d.end.Cause = check.Done
			return
		case a.End != check.Start:
			d.fail(a.End, a.Err)
			return
		case a.StartTLS != nil:
			a, ok = d.secure(a.StartTLS)
		default:
			a, ok = d.receive()
		}
	}
}

// arm starts the time for an answer.
func (d *dialogue) arm() {
	d.raw.SetDeadline(time.Now().Add(d.wait))
	if d.ctx.Err() != nil { // the wake-up above may have come before this deadline
		d.raw.SetDeadline(time.Unix(1, 0))
	}
}

func (d *dialogue) send(b []byte) bool {
	traceSent(d.trace, d.note, b)
	d.arm()
	_, err := d.conn.Write(b)
	if err != nil && (dial.IsTimeout(err) || d.ctx.Err() != nil) {
		d.readError(err)
		return false
	}
	if err != nil && (dial.IsShort(err) || dial.IsForbidden(err)) { // a datagram that this machine did not let out
		d.fail(check.Unable, errnoOf(err))
		return false
	}
	return true // a peer that has closed may have said why before: reading shows it
}

// receive reads once and hands the conversation what came; false: the connection is over.
func (d *dialogue) receive() (a check.Action, ok bool) {
	n, err := d.conn.Read(d.in)
	d.end.Received += n
	traceReceived(d.trace, d.note, d.in[:n])
	switch {
	case err == nil, n > 0:
		return d.stepper.Step(d.in[:n], false), true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return d.stepper.Step(nil, true), true
	}
	d.readError(err)
	return check.Action{}, false
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
	if n := len(*trace); n == 0 || (*trace)[n-1].Note != note { // on this connection the peer speaks first
		*trace = append(*trace, signet.Exchange{Note: note})
	}
	last := &(*trace)[len(*trace)-1]
	last.Received = append(last.Received, got[:min(len(got), max(0, maxTraced-len(last.Received)))]...)
}

func (d *dialogue) readError(err error) {
	switch {
	case errors.Is(err, dial.ErrBudget):
		d.fail(check.OverBudget, nil)
	case dial.IsRefused(err): // UDP: the host's ICMP port unreachable
		d.fail(check.Rejected, nil)
	case dial.IsReset(err):
		d.fail(check.Reset, nil)
	case dial.IsTimeout(err):
		d.fail(check.Stalled, nil)
	default:
		d.fail(check.Closed, err)
	}
}
