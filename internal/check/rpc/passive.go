package rpc

import (
	"signet"
	"signet/internal/check"
	"signet/internal/wire/dcerpc"
	"signet/internal/wire/ntlmssp"
)

// passive reads the names of a DCE/RPC server out of a capture. Which interfaces are registered is the mapper's to
// tell, and no client asks it for all of them.
func passive() *check.Passive {
	return &check.Passive{
		Recognise: recognise,
		Observe:   func(signet.Endpoint) check.Observer { return &observer{} },
		Clients:   func(h *check.Overheard) []check.Client { return check.Authentications(h.FromClient) },
	}
}

// recognise wants the head of a bind or of the answer to one, connection-oriented (C706 §12.6.3.1).
func recognise(b []byte, _ uint16) check.Side {
	if _, err := dcerpc.Size(b); err != nil || len(b) < 24 {
		return check.NeitherSide
	}
	switch dcerpc.Type(b[2]) {
	case dcerpc.Bind, 14: // alter_context
		return check.ClientSide
	case dcerpc.BindAck, 15:
		return check.ServerSide
	}
	return check.NeitherSide
}

type observer struct{ ntlm *signet.NTLM }

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	raw, ok := ntlmssp.Find(h.FromServer)
	if !ok {
		return
	}
	n := &signet.NTLM{}
	if c, err := ntlmssp.ParseChallenge(raw); err == nil {
		n = check.NTLM(c)
	}
	if o.ntlm == nil || n.Time > o.ntlm.Time {
		o.ntlm = n
	}
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	if o.ntlm == nil {
		return check.Result{}
	}
	f := newFacts()
	f.NTLM = o.ntlm
	return check.Result{Facts: &f, Outcome: signet.Answered, Unasked: []string{"interfaces"}}
}
