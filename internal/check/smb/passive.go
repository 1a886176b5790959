package smb

import (
	"bytes"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/netbios"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/smb1"
	"signet/internal/wire/smb2"
)

// passive reads the check's facts out of a capture.
func passive() *check.Passive {
	return &check.Passive{Recognise: recognise, Observe: observe, Clients: clients}
}

// recognise knows SMB behind its frame header, and on port 139 the session request before it.
func recognise(b []byte, port uint16) check.Side {
	if len(b) < 4 {
		return check.NeitherSide
	}
	switch {
	case b[0] == netbios.SessionRequest && b[1] == 0 && b[2] == 0 && b[3] == 68:
		return check.ClientSide
	case b[0] == netbios.PositiveResponse && port == portNetBIOS && b[1]|b[2]|b[3] == 0:
		return check.ServerSide
	case b[0] != netbios.SessionMessage || len(b) < 4+10:
		return check.NeitherSide
	}
	var reply bool
	switch msg := b[4:]; string(msg[:4]) {
	case "\xffSMB":
		reply = msg[9]&0x80 != 0
	case "\xfeSMB":
		if len(msg) < 20 {
			return check.NeitherSide
		}
		reply = msg[16]&1 != 0
	default:
		return check.NeitherSide
	}
	if reply {
		return check.ServerSide
	}
	return check.ClientSide
}

// observer collects what the connections of one server show.
type observer struct {
	facts   Facts
	one     old1         // what SMB 1 answers say that counts where SMB 2 is not spoken
	piped   *signet.NTLM // the names that a service behind a pipe showed
	err     *signet.Failure
	asked1  bool // a client asked for SMB 1
	alone1  bool // a client asked for SMB 1 and nothing else
	asked2  bool // a client asked for SMB 2
	closed1 bool // a request for SMB 1 alone was met with a close
	denied  bool // a session was refused as one is that does not encrypt

	accepted, refused dialects // of SMB 2 and 3
}

// old1 are facts of an SMB 1 answer that have their like in SMB 2.
type old1 struct {
	guid       GUID
	time       Time
	mechanisms []string
	offer      string
}

// dialects is a set of those in native, a bit for each.
type dialects uint8

func (d *dialects) add(v uint16) {
	if i := slices.Index(native(), v); i >= 0 {
		*d |= 1 << i
	}
}

func (d dialects) has(v uint16) bool {
	i := slices.Index(native(), v)
	return i >= 0 && d&(1<<i) != 0
}

func observe(e signet.Endpoint) check.Observer {
	o := &observer{}
	o.facts.Transport, o.facts.NTLMOffer = "direct", ntlmUnknown
	if e.Port == portNetBIOS {
		o.facts.Transport = "netbios"
	}
	return o
}

// mostAsked bounds how much of a client's stream its negotiates stand in.
const mostAsked = 1024

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	var asked []request
	if h.ClientWhole {
		asked = requests(h.FromClient)
	}
	if h.ClientWhole { // a request that is cut short asked all the same
		head := h.FromClient[:min(len(h.FromClient), mostAsked)]
		one := bytes.Contains(head, []byte("\xffSMB")) && bytes.Contains(head, []byte("NT LM 0.12"))
		two := bytes.Contains(head, []byte("\xfeSMB")) || bytes.Contains(head, []byte("\x02SMB 2."))
		o.asked1, o.alone1, o.asked2 = o.asked1 || one, o.alone1 || one && !two, o.asked2 || two
	}
	for _, r := range asked {
		o.asked1 = o.asked1 || r.offers1
		o.asked2 = o.asked2 || r.offers2 || r.offers202 || len(r.smb2) > 0
	}
	n := 0
	answers := 0
	for msg := range messages(h.FromServer) {
		var req request
		if n < len(asked) {
			req = asked[n]
		}
		if o.answer(msg, &req) {
			n++
		}
		answers++
	}
	if answers == 0 && h.ServerDone && len(h.FromServer) == 0 && len(asked) == 1 && asked[0].legacy && !asked[0].offers2 && !asked[0].offers202 && asked[0].offers1 {
		o.closed1 = true
	}
	// A challenge of a service behind a named pipe names the host, and says nothing of SMB's own logon.
	if raw, ok := ntlmssp.Find(h.FromServer); ok {
		if c, err := ntlmssp.ParseChallenge(raw); err == nil {
			if n := check.NTLM(c); o.piped == nil || n.Time > o.piped.Time {
				o.piped = n
			}
		}
	}
}

// messages yields the payloads of session messages up to the first bytes that are no frame.
func messages(b []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for {
			f, rest, err := netbios.Read(b)
			if err != nil {
				return
			}
			b = rest
			if f.Type == netbios.SessionMessage && !yield(f.Payload) {
				return
			}
		}
	}
}

// answer takes one message of a server; true: it was the answer to a negotiate.
func (o *observer) answer(msg []byte, req *request) bool {
	if h, err := smb2.ParseHeader(msg); err == nil {
		switch {
		case !h.Response() || h.Status == smb2.StatusPending:
		case h.Command == smb2.CommandNegotiate:
			o.negotiated(msg, h.Status, req)
			return true
		case h.Command == smb2.CommandSessionSetup:
			if r, err := smb2.ParseSessionSetup(msg); err == nil {
				o.challenge(r.Token)
				o.denied = o.denied || r.Status == smb2.StatusAccessDenied
			}
		}
		return false
	}
	h, err := smb1.ParseHeader(msg)
	if err != nil || !h.Response() {
		return false
	}
	switch h.Command {
	case smb1.CommandNegotiate:
		o.negotiated1(msg, h.Status, req)
		return true
	case smb1.CommandSessionSetup:
		if r, err := smb1.ParseSessionSetup(msg); err == nil {
			s := &o.facts.SMB1
			s.NativeOS, s.NativeLanMan = max(s.NativeOS, r.NativeOS), max(s.NativeLanMan, r.NativeLanMan)
			o.challenge(r.Token)
		}
	}
	return false
}

// negotiated takes an SMB 2 answer to a negotiate.
func (o *observer) negotiated(msg []byte, status uint32, req *request) {
	if status == smb2.StatusNotSupported && len(req.smb2) > 0 {
		for _, d := range req.smb2 {
			o.refused.add(d)
		}
		return
	}
	n, err := smb2.ParseNegotiate(msg)
	if err != nil {
		return // a status other than 0 has no mode to read
	}
	iv := &interview{}
	iv.facts.NTLMOffer = ntlmUnknown
	iv.learn(&n, stageNative)
	f := &iv.facts
	switch known := offered(n.Dialect, stageNative); {
	case n.Dialect == smb2.DialectWildcard:
		f.Dialect, f.Odd = "", req.known && !req.offers2
	case req.legacy:
		f.Odd = n.Dialect != smb2.Dialect202 || !req.offers202
	case req.known:
		f.Odd = !slices.Contains(req.smb2, n.Dialect)
	default:
		f.Odd = !known
	}
	if n.Dialect != smb2.DialectWildcard && !f.Odd {
		o.accepted.add(n.Dialect)
	}
	o.merge(f)
}

// negotiated1 takes an SMB 1 answer to a negotiate.
func (o *observer) negotiated1(msg []byte, status uint32, req *request) {
	f := &o.facts
	if status != 0 {
		if req.legacy && req.offers1 && refusesDialects(status) && f.SMB1.Offered == nil {
			f.SMB1.Offered = no()
		}
		return
	}
	n, err := smb1.ParseNegotiate(msg)
	if err != nil {
		return
	}
	if f.SMB2Offered == nil && req.legacy && (req.offers2 || req.offers202) {
		f.SMB2Offered = no() // a server that has SMB 2 answers such a request in SMB 2
	}
	if !n.Accepted() {
		if f.SMB1.Offered == nil && slices.Contains(req.smb1, smb1.Dialect) {
			f.SMB1.Offered = no()
		}
		return
	}
	iv := &interview{}
	iv.facts.NTLMOffer = ntlmUnknown
	iv.learn1(&n)
	o.merge1(&iv.facts)
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	f := o.facts
	if f.SMB1.Offered == nil && o.closed1 && is(f.SMB2Offered) {
		f.SMB1.Offered = no()
	}
	if f.SMB2Offered == nil && o.accepted == 0 && !slices.ContainsFunc(native(), func(d uint16) bool { return !o.refused.has(d) }) {
		f.SMB2Offered = no()
	}
	if f.NTLM == nil {
		f.NTLM = o.piped
	}
	if is(f.SMB1.Offered) && !is(f.SMB2Offered) {
		f.Dialect, f.ServerGUID, f.SystemTime, f.Mechanisms = smb1Dialect, o.one.guid, o.one.time, o.one.mechanisms
		f.NTLMOffer = surer(f.NTLMOffer, o.one.offer)
	}
	if f.SMB2Offered == nil && f.SMB1.Offered == nil && f.NTLM == nil {
		return check.Result{}
	}
	f.DialectFloor = o.floor()
	res := check.Result{Facts: &f, Outcome: signet.Answered, Err: o.err}
	f.Undecided = slices.Clone(f.Undecided)
	open := func(asked bool, question string) {
		if asked {
			f.Undecided = append(f.Undecided, question)
		} else {
			res.Unasked = append(res.Unasked, question)
		}
	}
	if f.SMB2Offered == nil {
		open(o.asked2, askSMB2)
	}
	if f.SMB1.Offered == nil {
		open(o.alone1 || o.asked1 && !is(f.SMB2Offered), askSMB1) // beside SMB 2 the answer says nothing of SMB 1
	}
	if f.floorMatters() && f.DialectFloor == "" {
		res.Unasked = append(res.Unasked, askFloor)
	}
	if f.encryptionMatters() && f.EncryptionRequired == nil {
		open(o.denied, askEncryption) // a denial may have other reasons
	}
	if f.NTLM == nil {
		res.Unasked = append(res.Unasked, askNames)
	}
	return res
}

// floor is the lowest dialect accepted, where every lower one was seen refused.
func (o *observer) floor() string {
	for _, d := range native() {
		if o.accepted.has(d) {
			return smb2.DialectName(d)
		}
		if !o.refused.has(d) {
			return ""
		}
	}
	return ""
}
