package rdp

import (
	"cmp"
	"maps"
	"slices"

	"signet"
	"signet/internal/check"
	wire "signet/internal/wire/rdp"
)

// passive reads the check's facts out of a capture: the security negotiation, which is in the clear, and what the TLS
// handshake behind it shows.
func passive() *check.Passive {
	return &check.Passive{
		Recognise: recognise,
		Observe:   func(signet.Endpoint) check.Observer { return newObserver() },
	}
}

// recognise wants a TPKT with a connection request or confirm of exactly its length.
func recognise(b []byte, _ uint16) check.Side {
	n, err := wire.Size(b)
	if err != nil || len(b) < 7 || int(b[4]) != n-5 {
		return check.NeitherSide
	}
	switch b[5] {
	case 0xe0:
		return check.ClientSide
	case 0xd0:
		return check.ServerSide
	}
	return check.NeitherSide
}

// maxRefusals bounds what is kept of them.
const maxRefusals = 8

type observer struct {
	heard              bool
	plain, tls, nla    bool // accepted
	withoutNLA, notNLA bool // another was accepted where NLA was not asked for; where it was
	required           bool
	refused            map[Refusal]bool
	asked              map[string]bool // what the answers that were heard are to, as far as that is known
	unheard            map[string]bool // what was asked for, and its answer not heard
	session            *signet.TLS
}

func newObserver() *observer {
	return &observer{refused: map[Refusal]bool{}, asked: map[string]bool{}, unheard: map[string]bool{}}
}

// asking is what a client's request asks for.
func asking(p wire.Protocol) string {
	switch nla := p&(wire.NLA|wire.NLAEx) != 0; {
	case nla && p&wire.TLS == 0:
		return askedNLA
	case nla:
		return askedAll
	case p&wire.TLS != 0:
		return askedTLS
	}
	return askedPlain
}

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	req, _, err := wire.ParseRequest(h.FromClient)
	known := err == nil && h.ClientWhole
	c, rest, err := wire.ParseConfirm(h.FromServer)
	if err != nil {
		if known {
			o.unheard[asking(req.Protocols)] = true
		}
		return
	}
	if seen, ok := check.HeardTLS(rest); ok && check.Plainer(seen, o.session) {
		o.session = seen
	}
	asksNLA := req.Protocols&(wire.NLA|wire.NLAEx) != 0
	o.heard = true
	if known {
		o.asked[asking(req.Protocols)] = true
	}
	if c.Refused {
		if !known || asksNLA {
			return // what was refused is not known
		}
		o.refused[Refusal{asking(req.Protocols), c.Failure.String()}] = true
		o.required = o.required || c.Failure == wire.HybridRequired
		return
	}
	nla := false
	switch c.Selected {
	case wire.PlainRDP:
		o.plain = true
	case wire.TLS:
		o.tls = true
	case wire.NLA, wire.NLAEx:
		o.nla, nla = true, true
	default:
		return
	}
	switch {
	case nla || !known:
	case asksNLA:
		o.notNLA = true
	default:
		o.withoutNLA = true
	}
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	if !o.heard {
		return check.Result{}
	}
	f := &Facts{Protocols: []string{}, TLS: o.session}
	for _, what := range []string{askedAll, askedTLS, askedNLA, askedPlain} {
		if o.asked[what] || o.unheard[what] {
			f.Asked = append(f.Asked, what)
		}
		if !o.asked[what] && o.unheard[what] {
			f.Unanswered = append(f.Unanswered, what)
		}
	}
	for _, p := range []struct {
		seen bool
		word string
	}{{o.plain, "rdp"}, {o.tls, "tls"}, {o.nla, "nla"}} {
		if p.seen {
			f.Protocols = append(f.Protocols, p.word)
		}
	}
	f.Refusals = slices.SortedFunc(maps.Keys(o.refused), func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(a.Asked, b.Asked), cmp.Compare(a.Code, b.Code))
	})
	f.Refusals = f.Refusals[:min(len(f.Refusals), maxRefusals)]
	res := check.Result{Facts: f, Outcome: signet.Answered}
	switch {
	case o.nla && (o.withoutNLA || o.notNLA):
		f.NLA = signet.Optional
	case o.notNLA:
		f.NLA = signet.Off
	case o.required && !o.withoutNLA:
		f.NLA = signet.Required
	default:
		res.Unasked = []string{"nla"}
	}
	return res
}
