package smb

import (
	"encoding/binary"
	"slices"
	"strings"

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
	err     *signet.Failure
	spoke2  bool
	closed1 bool // a request for SMB 1 alone was met with a close

	accepted, refused map[uint16]bool // dialects of SMB 2 and 3
}

func observe(e signet.Endpoint) check.Observer {
	o := &observer{accepted: map[uint16]bool{}, refused: map[uint16]bool{}}
	o.facts.Transport, o.facts.NTLMOffer = "direct", ntlmUnknown
	if e.Port == portNetBIOS {
		o.facts.Transport = "netbios"
	}
	return o
}

// request is a client's NEGOTIATE.
type request struct {
	known     bool
	smb1      []string // dialects of an SMB 1 request
	smb2      []uint16 // dialects of an SMB 2 request
	signing   uint16
	legacy    bool // it came in SMB 1
	offers1   bool // and names dialects of SMB 1
	offers202 bool
	offers2   bool // and the wildcard of SMB 2
}

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	var asked []request
	if h.ClientWhole {
		asked = requests(h.FromClient)
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
	if o.facts.NTLM == nil {
		// A challenge of a service behind a named pipe: it names the host, and says nothing of SMB's own logon.
		if raw, ok := ntlmssp.Find(h.FromServer); ok {
			if c, err := ntlmssp.ParseChallenge(raw); err == nil {
				o.facts.NTLM = check.NTLM(c)
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

// requests reads the negotiates of a client, in order.
func requests(stream []byte) []request {
	var out []request
	for msg := range messages(stream) {
		if len(out) == 8 {
			break
		}
		if h, err := smb2.ParseHeader(msg); err == nil {
			if h.Command != smb2.CommandNegotiate || h.Response() {
				break
			}
			out = append(out, request2(msg[smb2.HeaderSize:]))
			continue
		}
		h, err := smb1.ParseHeader(msg)
		if err != nil || h.Response() || h.Command != smb1.CommandNegotiate {
			break
		}
		out = append(out, request1(msg[smb1.HeaderSize:]))
	}
	return out
}

// request2 reads the body of an SMB 2 NEGOTIATE ([MS-SMB2] 2.2.3).
func request2(b []byte) request {
	if len(b) < 36 {
		return request{}
	}
	r := request{known: true, signing: binary.LittleEndian.Uint16(b[4:])}
	n := int(binary.LittleEndian.Uint16(b[2:]))
	if len(b) < 36+2*n {
		return request{}
	}
	for i := range n {
		r.smb2 = append(r.smb2, binary.LittleEndian.Uint16(b[36+2*i:]))
	}
	return r
}

// request1 reads the body of an SMB 1 NEGOTIATE ([MS-CIFS] 2.2.4.52.1).
func request1(b []byte) request {
	if len(b) < 3 || b[0] != 0 {
		return request{}
	}
	n := int(binary.LittleEndian.Uint16(b[1:]))
	if len(b) < 3+n {
		return request{}
	}
	r := request{known: true, legacy: true}
	for d := range strings.SplitSeq(string(b[3:3+n]), "\x00") {
		d, ok := strings.CutPrefix(d, "\x02")
		switch {
		case !ok:
		case d == "SMB 2.002":
			r.offers202 = true
		case d == "SMB 2.???":
			r.offers2 = true
		default:
			r.offers1 = true
			r.smb1 = append(r.smb1, d)
		}
	}
	return r
}

// answer takes one message of a server; true: it was the answer to a negotiate.
func (o *observer) answer(msg []byte, req *request) bool {
	if h, err := smb2.ParseHeader(msg); err == nil {
		o.spoke2 = true
		switch {
		case !h.Response() || h.Status == smb2.StatusPending:
		case h.Command == smb2.CommandNegotiate:
			o.negotiated(msg, h.Status, req)
			return true
		case h.Command == smb2.CommandSessionSetup:
			if r, err := smb2.ParseSessionSetup(msg); err == nil {
				o.facts.challenge(r.Token)
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
			if r.NativeOS != "" || r.NativeLanMan != "" {
				s.NativeOS, s.NativeLanMan = r.NativeOS, r.NativeLanMan
			}
			o.facts.challenge(r.Token)
		}
	}
	return false
}

// negotiated takes an SMB 2 answer to a negotiate.
func (o *observer) negotiated(msg []byte, status uint32, req *request) {
	if status == smb2.StatusNotSupported && len(req.smb2) > 0 {
		for _, d := range req.smb2 {
			o.refused[d] = true
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
		o.accepted[n.Dialect] = true
	}
	o.merge(f)
}

// merge adds one answer to what is known. It does not depend on the order of answers.
func (o *observer) merge(f *Facts) {
	k := &o.facts
	switch {
	case is(k.SMB2Offered) && k.Odd && !f.Odd, !is(k.SMB2Offered):
		// What was known came with an answer that is not relied upon, or not at all.
		k.SMB2Offered, k.Odd, k.Signing, k.SecurityMode = yes(), f.Odd, f.Signing, f.SecurityMode
	case f.Odd && !k.Odd:
		return
	case f.Signing != k.Signing:
		o.err = check.Disagreement("SMB signing", max(f.Signing, k.Signing).String(), min(f.Signing, k.Signing).String())
		if f.Signing < k.Signing {
			k.Signing, k.SecurityMode = f.Signing, f.SecurityMode
		}
	default:
		k.SecurityMode = min(k.SecurityMode, f.SecurityMode)
	}
	if f.Dialect > k.Dialect || k.Dialect == smb1Dialect {
		k.Dialect = f.Dialect
	}
	if len(f.Encryption) > 0 && (k.Encryption == nil || f.Dialect >= k.Dialect) {
		k.Encryption = slices.Clone(f.Encryption)
	}
	if len(f.SigningAlgorithms) > 0 {
		k.SigningAlgorithms = slices.Clone(f.SigningAlgorithms)
	}
	if len(f.Capabilities) >= len(k.Capabilities) {
		k.Capabilities = slices.Clone(f.Capabilities)
	}
	k.Compression = k.Compression || f.Compression
	if f.ServerGUID != (GUID{}) && string(f.ServerGUID[:]) > string(k.ServerGUID[:]) {
		k.ServerGUID = f.ServerGUID
	}
	k.SystemTime, k.StartTime = max(k.SystemTime, f.SystemTime), max(k.StartTime, f.StartTime)
	if len(f.Mechanisms) > len(k.Mechanisms) {
		k.Mechanisms = slices.Clone(f.Mechanisms)
	}
	if f.NTLMOffer == ntlmOffered && k.NTLMOffer == ntlmUnknown {
		k.NTLMOffer = ntlmOffered
	}
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
	if req.legacy && (req.offers2 || req.offers202) && f.SMB2Offered == nil {
		f.SMB2Offered = no() // a server that has SMB 2 answers such a request in SMB 2
	}
	if !n.Accepted() {
		if f.SMB1.Offered == nil && slices.Contains(req.smb1, smb1.Dialect) {
			f.SMB1.Offered = no()
		}
		return
	}
	was := f.SMB1
	iv := &interview{facts: *f}
	iv.learn1(&n)
	s := &iv.facts.SMB1
	s.NativeOS, s.NativeLanMan = was.NativeOS, was.NativeLanMan
	if is(was.Offered) {
		if was.Signing != s.Signing {
			o.err = check.Disagreement("SMB 1 signing", max(was.Signing, s.Signing).String(), min(was.Signing, s.Signing).String())
		}
		// A client that offers only old dialects hears of no signing from a server that would sign: the newest
		// dialect says what the server does, and among its answers the weakest counts.
		if newer(was.Dialect, s.Dialect) || was.Dialect == s.Dialect && was.Signing < s.Signing {
			s.Signing, s.SecurityMode, s.Dialect = was.Signing, was.SecurityMode, was.Dialect
			s.UserLevel, s.Plaintext = was.UserLevel, was.Plaintext
		}
		if was.Dialect != s.Dialect {
			o.err = nil
		}
	}
	*f = iv.facts
}

// newer orders the words that learn1 gives to dialects of SMB 1.
func newer(a, b string) bool {
	rank := func(d string) int { return slices.Index([]string{"core", "LAN Manager", smb1.Dialect}, d) }
	return rank(a) > rank(b)
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	f := o.facts
	if f.SMB1.Offered == nil && o.closed1 && o.spoke2 {
		f.SMB1.Offered = no()
	}
	if is(f.SMB2Offered) && f.Dialect == smb1Dialect {
		f.Dialect = ""
	}
	if f.SMB2Offered == nil && f.SMB1.Offered == nil && f.NTLM == nil {
		return check.Result{}
	}
	f.DialectFloor = o.floor()
	res := check.Result{Facts: &f, Outcome: signet.Answered, Err: o.err}
	if f.SMB2Offered == nil {
		res.Unasked = append(res.Unasked, askSMB2)
	}
	if f.SMB1.Offered == nil {
		res.Unasked = append(res.Unasked, askSMB1)
	}
	if f.floorMatters() && f.DialectFloor == "" {
		res.Unasked = append(res.Unasked, askFloor)
	}
	if f.encryptionMatters() && f.EncryptionRequired == nil {
		res.Unasked = append(res.Unasked, askEncryption)
	}
	if f.NTLM == nil {
		res.Unasked = append(res.Unasked, askNames)
	}
	return res
}

// floor is the lowest dialect accepted, where every lower one was seen refused.
func (o *observer) floor() string {
	for _, d := range native() {
		if o.accepted[d] {
			return smb2.DialectName(d)
		}
		if !o.refused[d] {
			return ""
		}
	}
	return ""
}

// clients reads who logs on, and what its client can do.
func clients(h *check.Overheard) []check.Client {
	var shape check.Client
	for _, r := range requests(h.FromClient) {
		switch {
		case !r.known || !h.ClientWhole:
		case r.legacy && r.offers1 && !r.offers2 && !r.offers202:
			shape.SMB1 = "only"
		case r.legacy && r.offers1:
			shape.SMB1 = "offered"
		case len(r.smb2) > 0:
			shape.Signing = "none"
			if r.signing&smb2.SigningRequired != 0 {
				shape.Signing = "required"
			} else if r.signing&smb2.SigningEnabled != 0 {
				shape.Signing = "enabled"
			}
		}
	}
	list := check.Authentications(h.FromClient)
	for i := range list {
		list[i].Signing, list[i].SMB1 = shape.Signing, shape.SMB1
	}
	if len(list) == 0 && (shape.SMB1 == "only" || shape.Signing == "none") {
		return []check.Client{shape}
	}
	return list
}
