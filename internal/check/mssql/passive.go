package mssql

import (
	"signet"
	"signet/internal/check"
	"signet/internal/wire/tds"
)

// passive reads the check's facts out of a capture: the PRELOGIN, the TLS handshake that stands in further ones, and a login
// without TLS.
func passive() *check.Passive {
	return &check.Passive{
		Recognise: recognise,
		Observe:   func(signet.Endpoint) check.Observer { return &observer{facts: newFacts(serviceEngine)} },
		Clients:   func(h *check.Overheard) []check.Client { return check.Authentications(h.FromClient) },
	}
}

// recognise wants a packet header and a structure behind it that only TDS has.
func recognise(b []byte, _ uint16) check.Side {
	if len(b) < tds.HeaderSize+6 || b[1] > 1 || b[7] != 0 {
		return check.NeitherSide
	}
	size, body := int(b[2])<<8|int(b[3]), b[tds.HeaderSize:]
	if size < tds.HeaderSize+6 || size > tds.MaxPacketSize {
		return check.NeitherSide
	}
	prelogin := body[0] == 0 && body[1] == 0 && body[3] == 0 && body[4] == 6 // VERSION comes first and has six bytes
	switch b[0] {
	case tds.TypeLogin7: // its own length, then a version of TDS 7
		if n := int(body[0]) | int(body[1])<<8 | int(body[2])<<16; body[3] == 0 && n >= 36 && b[6] <= 1 && len(body) >= 8 && body[7]&0xf0 == 0x70 {
			return check.ClientSide
		}
	case tds.TypePrelogin:
		if prelogin {
			return check.ClientSide
		}
	case tds.TypeTabular:
		if prelogin && b[1] == 1 {
			return check.ServerSide
		}
	}
	return check.NeitherSide
}

type observer struct {
	facts Facts
	heard bool
}

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	o.challenge(h.FromServer)
	typ, payload, rest, err := tds.ReadMessage(h.FromServer)
	if err != nil || typ != tds.TypeTabular {
		return
	}
	p, err := tds.ParsePrelogin(payload)
	if err != nil {
		return
	}
	if seen, ok := check.HeardTLS(preloginTLS(rest)); ok && check.Plainer(seen, o.facts.TLS) {
		o.facts.TLS = seen
	}
	word := encryption(&p)
	f := &o.facts
	switch {
	case !o.heard || f.Encryption == encryptionUnknown:
		f.Encryption = word
	case word != encryptionUnknown && word != f.Encryption && weaker(word, f.Encryption):
		f.Encryption = word // clients that ask for more get more: the least that was agreed to counts
	}
	o.heard = true
	if v := p.Version.String(); v > f.Version {
		f.Version, f.Product = v, p.Version.Product()
	}
}

// preloginTLS is the TLS stream that a server sends inside packets, up to what is no part of a handshake.
func preloginTLS(b []byte) []byte {
	var out []byte
	for {
		records, n, err := tds.Unwrap(b, len(out) == 0)
		if err != nil || n == 0 {
			return out
		}
		out, b = append(out, records...), b[n:]
	}
}

// challenge looks for the challenge of a login that TLS does not hide.
func (o *observer) challenge(stream []byte) {
	n, ok := check.Challenged(stream)
	if !ok {
		return
	}
	f := &o.facts
	f.WindowsAuthentication = windowsProven
	if f.NTLM == nil || n.Time > f.NTLM.Time {
		f.NTLM = n
	}
}

// weaker orders the words of Facts.Encryption.
func weaker(a, b string) bool {
	rank := map[string]int{encryptionNotSupported: 1, encryptionOff: 2, encryptionOn: 3, encryptionRequired: 4, encryptionStrict: 5}
	return rank[a] < rank[b]
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	if !o.heard && o.facts.NTLM == nil {
		return check.Result{}
	}
	f := o.facts
	return check.Result{Facts: &f, Outcome: signet.Answered, Unasked: []string{"windows-authentication", "epa"}}
}
