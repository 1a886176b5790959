package rpc

import (
	"cmp"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/dcerpc"
)

// passive reads a DCE/RPC server out of a capture: the names in its NTLM, and what its endpoint mapper lists for a
// client that asks. What clients ask it mostly, where one interface is, is no list and not kept.
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
	case dcerpc.Bind, dcerpc.AlterContext:
		return check.ClientSide
	case dcerpc.BindAck, 15: // alter_context_resp
		return check.ServerSide
	}
	return check.NeitherSide
}

type observer struct {
	ntlm     *signet.NTLM
	listed   Facts
	looked   bool
	complete bool
}

// mostListed bounds the entries that are kept of one mapper: some twice what a large domain controller lists.
const mostListed = maxRounds * dcerpc.MaxEntries

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	o.inventory(lookups(h.FromClient), h.FromServer)
	n, ok := check.Challenged(h.FromServer)
	if !ok {
		return
	}
	if o.ntlm == nil || n.Time > o.ntlm.Time {
		o.ntlm = n
	}
}

// lookups finds the calls by which a client has the mapper list what there is.
func lookups(stream []byte) map[uint32]dcerpc.LookupRequest {
	mapper, calls := map[uint16]bool{}, map[uint32]dcerpc.LookupRequest{}
	for len(stream) > 0 && len(calls) < 4*maxRounds {
		p, rest, err := dcerpc.ReadPDU(stream)
		if err != nil {
			break
		}
		stream = rest
		switch p.Type {
		case dcerpc.Bind, dcerpc.AlterContext:
			contexts, err := dcerpc.ParseBind(p)
			if err != nil {
				return nil
			}
			for _, c := range contexts {
				mapper[c.ID] = c.Mapper() && c.NDR
			}
		case dcerpc.Request:
			if r, ok := dcerpc.ParseLookupRequest(p); ok && mapper[r.Context] {
				if was, again := calls[p.CallID]; again && was != r {
					r.All = false // which of the two an answer is to cannot be told
				}
				calls[p.CallID] = r
			}
		}
	}
	return calls
}

// inventory reads the answers to the calls. The list is complete where one client asked for everything, from the start,
// until nothing was left.
func (o *observer) inventory(calls map[uint32]dcerpc.LookupRequest, answers []byte) {
	if len(calls) == 0 {
		return
	}
	var at dcerpc.Handle // where the answers so far ended
	whole := true        // every entry up to there was heard
	var pending []byte
	for len(answers) > 0 {
		p, rest, err := dcerpc.ReadPDU(answers)
		if err != nil {
			return
		}
		raw := answers[:len(answers)-len(rest)]
		answers = rest
		r, asked := calls[p.CallID]
		if !asked || p.Type != dcerpc.Response || len(pending)+len(raw) > dcerpc.MaxStub {
			pending = nil
			continue
		}
		if p.Flags&dcerpc.FirstFragment != 0 {
			pending = nil
		}
		pending = append(pending, raw...)
		if p.Flags&dcerpc.LastFragment == 0 {
			continue
		}
		stub, _, err := dcerpc.ReadResponse(pending, p.CallID)
		pending = nil
		if err != nil {
			whole = false
			continue
		}
		l, err := dcerpc.ParseLookup(stub)
		if err != nil || l.Status != 0 && l.Status != dcerpc.StatusNoMore {
			whole = false
			continue
		}
		o.looked = true
		for _, e := range l.Entries {
			if len(o.listed.Interfaces) < mostListed {
				o.listed.put(e)
			}
		}
		whole = r.All && (r.Handle == dcerpc.Handle{} || whole && r.Handle == at)
		at = l.Handle
		o.complete = o.complete || whole && !l.More() && len(o.listed.Interfaces) < mostListed
	}
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	if o.ntlm == nil && !o.looked {
		return check.Result{}
	}
	f := newFacts()
	f.NTLM = o.ntlm
	r := check.Result{Facts: &f, Outcome: signet.Answered}
	if !o.looked {
		r.Unasked = []string{"interfaces"}
		return r
	}
	f.Complete, f.CertificateAuthority = o.complete, o.listed.CertificateAuthority
	f.Coercible = append(f.Coercible, o.listed.Coercible...)
	f.Interfaces = append(f.Interfaces, o.listed.Interfaces...)
	slices.SortFunc(f.Interfaces, func(a, b Interface) int { // whatever the order in which it was heard
		return cmp.Or(cmp.Compare(a.UUID, b.UUID), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Annotation, b.Annotation))
	})
	return r
}
