package names

import (
	"encoding/binary"

	"signet"
	"signet/internal/check"
)

// interview asks once, and over TCP where LLMNR over UDP was met with silence.
type interview struct {
	protocol string
	port     uint16
	addr     []byte
	random   func([]byte)

	talk *conversation
	step int
	end  check.End
	any  bool // an attempt has ended
}

func begin(s check.Subject) check.Interview {
	iv := &interview{port: s.Endpoint.Port, random: s.Options.Random}
	addr := s.Endpoint.Addr.Unmap()
	switch iv.port {
	case portNBNS:
		if addr.Is4() { // RFC 1002 knows no other
			iv.protocol = nbns
		}
	case portLLMNR:
		iv.protocol = llmnr
	case portMDNS:
		iv.protocol = mdns
	}
	iv.addr = addr.AsSlice()
	return iv
}

// Next says what to ask.
func (iv *interview) Next(end check.End) (check.Attempt, bool) {
	if iv.talk != nil {
		iv.end, iv.any = end, true
	}
	tcp := false
	switch {
	case iv.protocol == "":
		return check.Attempt{}, false
	case iv.step == 0:
	case iv.step == 1 && iv.protocol == llmnr && end.Cause == check.Stalled:
		tcp = true
	default:
		return check.Attempt{}, false
	}
	iv.step++
	var id [2]byte
	iv.random(id[:])
	iv.talk = &conversation{protocol: iv.protocol, tcp: tcp, id: binary.BigEndian.Uint16(id[:]), addr: iv.addr}
	return check.Attempt{Note: iv.note(), Talk: iv.talk, UDP: !tcp}, true
}

func (iv *interview) note() string {
	if iv.talk.tcp {
		return iv.protocol + " own name over tcp"
	}
	return iv.protocol + " own name"
}

// Result says what was learned so far.
func (iv *interview) Result() check.Result {
	if !iv.any {
		return check.Result{Outcome: signet.Skipped}
	}
	if f := iv.talk.facts; f != nil {
		return check.Result{Facts: f, Outcome: signet.Answered}
	}
	r := check.Result{Outcome: iv.end.Outcome(), Err: iv.end.Failure(iv.note())}
	if iv.step == 2 && r.Outcome == signet.Refused {
		// TCP is closed, UDP was silent: nothing was learned of the responder.
		r.Outcome = signet.Silent
	}
	return r
}
