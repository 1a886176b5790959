package rpc

import (
	"errors"
	"fmt"

	"signet/internal/check"
	"signet/internal/wire/dcerpc"
)

// maxRounds bounds how often the mapper is asked to go on: 8 times 500 entries is some four times what a large
// domain controller lists.
const maxRounds = 8

// conversation is one connection to the mapper: bind, then lookups until nothing is left.
type conversation struct {
	bindOnly bool

	sent    bool
	bound   bool
	call    uint32 // of the last request
	rounds  int
	pending []byte // whole fragments of the answer so far

	entries  []dcerpc.Entry
	complete bool
	looked   bool // at least one answer was read
	fault    *uint32
}

// Next takes every PDU that has arrived and says what comes after them: what is left unread would not be handed over
// again before more bytes come.
func (v *conversation) Next(in []byte, eof bool) (check.Step, error) {
	if !v.sent {
		v.sent, v.call = true, 1
		return check.Step{Send: dcerpc.AppendBind(nil, v.call)}, nil
	}
	for used := 0; ; {
		step, err := v.pdu(in[used:], eof)
		if err != nil {
			return check.Step{}, err
		}
		used += step.Consumed
		if step.Consumed == 0 || step.Done || len(step.Send) > 0 {
			step.Consumed = used
			return step, nil
		}
	}
}

// pdu takes one PDU; a step that consumes nothing waits for the rest of it.
func (v *conversation) pdu(in []byte, eof bool) (check.Step, error) {
	n, err := dcerpc.Size(in)
	if errors.Is(err, dcerpc.ErrShort) {
		return check.Step{}, nil
	}
	if err != nil {
		if v.bound || in[0] == 5 {
			return check.Step{}, err
		}
		if err = check.SniffForeign(in); err == nil && (len(in) >= 8 || eof) {
			err = check.Foreign("no DCE/RPC")
		}
		return check.Step{}, err // nil: a few bytes more may tell what it is
	}
	if len(in) < n {
		return check.Step{Need: n}, nil
	}
	p, _, err := dcerpc.ReadPDU(in[:n])
	if err != nil {
		return check.Step{}, err
	}
	var step check.Step
	if v.bound {
		step, err = v.fragment(p, in[:n])
	} else {
		step, err = v.acknowledged(p)
	}
	step.Consumed = n
	return step, err
}

// acknowledged reads the answer to the bind.
func (v *conversation) acknowledged(p dcerpc.PDU) (check.Step, error) {
	switch p.Type {
	case dcerpc.BindNak:
		reason, err := dcerpc.ParseBindNak(p)
		if err != nil {
			return check.Step{}, err
		}
		return check.Step{}, fmt.Errorf("bind refused: %s (reason %d)", nakText(reason), reason)
	case dcerpc.Fault:
		return v.refused(p)
	}
	ack, err := dcerpc.ParseBindAck(p)
	if err != nil {
		return check.Step{}, err
	}
	if p.CallID != v.call {
		return check.Step{}, fmt.Errorf("answer to call %d, want %d", p.CallID, v.call)
	}
	if ack.Result != 0 {
		return check.Step{}, fmt.Errorf("bind to the endpoint mapper rejected: result %d, reason %d", ack.Result, ack.Reason)
	}
	v.bound = true
	if v.bindOnly {
		return check.Step{Done: true}, nil
	}
	return v.lookup(dcerpc.Handle{}), nil
}

// refused notes a fault, which ends the conversation.
func (v *conversation) refused(p dcerpc.PDU) (check.Step, error) {
	status, err := dcerpc.ParseFault(p)
	if err != nil {
		return check.Step{}, err
	}
	v.fault = &status
	return check.Step{Done: true}, nil
}

func (v *conversation) lookup(h dcerpc.Handle) check.Step {
	v.call++
	v.rounds++
	v.pending = v.pending[:0]
	return check.Step{Send: dcerpc.AppendLookup(nil, v.call, h)}
}

// fragment adds a PDU to the answer and reads it when it is whole.
func (v *conversation) fragment(p dcerpc.PDU, raw []byte) (check.Step, error) {
	if len(v.pending)+len(raw) > dcerpc.MaxStub {
		return check.Step{}, fmt.Errorf("answer of more than %d bytes", dcerpc.MaxStub)
	}
	v.pending = append(v.pending, raw...)
	if p.Type == dcerpc.Response && p.Flags&dcerpc.LastFragment == 0 {
		return check.Step{}, nil
	}
	stub, _, err := dcerpc.ReadResponse(v.pending, v.call)
	if err != nil {
		return check.Step{}, err
	}
	if stub.Fault {
		v.fault = &stub.Status
		return check.Step{Done: true}, nil
	}
	l, err := dcerpc.ParseLookup(stub)
	if err != nil {
		return check.Step{}, err
	}
	if l.Status != 0 && l.Status != dcerpc.StatusNoMore {
		return check.Step{}, fmt.Errorf("lookup ends with status 0x%08x", l.Status)
	}
	v.looked = true
	v.entries = append(v.entries, l.Entries...)
	if l.More() && v.rounds < maxRounds {
		return v.lookup(l.Handle), nil
	}
	v.complete = !l.More()
	return check.Step{Done: true}, nil
}
