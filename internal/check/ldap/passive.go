package ldap

import (
	"bytes"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
	"signet/internal/wire/ber"
	wire "signet/internal/wire/ldap"
	"signet/internal/wire/tls"
)

// passive reads the check's facts out of a capture: of LDAP without TLS, and what a handshake shows where there is TLS.
func passive() *check.Passive {
	wanted := wire.RootAttributes()
	return &check.Passive{Recognise: recognise, Clients: clients, Observe: func(e signet.Endpoint) check.Observer {
		return &observer{wanted: wanted, root: map[string]wire.Attribute{}, global: e.Port == 3268 || e.Port == 3269}
	}}
}

// recognise wants a whole header of a message whose operation only one side sends, or the hello of a TLS server on a port
// of LDAPS.
func recognise(b []byte, port uint16) check.Side {
	if tls.Starts(b) && (port == 636 || port == 3269) {
		return check.ServerSide
	}
	if len(b) < 7 || b[0] != ber.Sequence {
		return check.NeitherSide
	}
	if _, err := wire.FrameSize(b); err != nil {
		return check.NeitherSide
	}
	skip := 2
	if b[1]&0x80 != 0 {
		skip += int(b[1] & 0x7f)
	}
	if len(b) < skip+4 || b[skip] != ber.Integer || b[skip+1] < 1 || b[skip+1] > 4 || len(b) < skip+3+int(b[skip+1]) {
		return check.NeitherSide
	}
	switch wire.Op(b[skip+2+int(b[skip+1])]) {
	case wire.OpBindRequest, wire.OpSearchRequest, wire.OpExtendedRequest:
		return check.ClientSide
	case wire.OpBindResponse, wire.OpSearchResultEntry, wire.OpSearchResultDone, wire.OpExtendedResponse:
		return check.ServerSide
	}
	return check.NeitherSide
}

type observer struct {
	heard    bool
	wanted   []string // the attributes that are kept
	root     map[string]wire.Attribute
	global   bool
	starttls *bool
	ntlm     *signet.NTLM
	binds    []Bind
	simple   bool        // a simple bind with a password was taken without TLS
	ldaps    *signet.TLS // what handshakes showed: of LDAPS, and behind StartTLS
	behind   *signet.TLS
}

// asked is a bind as its request shows it.
type asked struct {
	auth      wire.AuthChoice
	mechanism string
	logon     bool // an NTLM AUTHENTICATE
	sign      bool // that asks for signing
	user      bool // and names somebody
	password  bool
}

// messages takes whole messages off b, up to the first bytes that are none: TLS, or a security layer.
func messages(b *[]byte) func(func(wire.Message) bool) {
	return func(yield func(wire.Message) bool) {
		for len(*b) > 0 {
			m, rest, err := wire.ParseMessage(*b)
			if err != nil {
				return
			}
			if *b = rest; !yield(m) {
				return
			}
		}
	}
}

// binds reads a client's binds by message id.
func binds(stream []byte) (map[int32]asked, bool) {
	out, tls := map[int32]asked{}, false
	for m := range messages(&stream) {
		switch m.Op {
		case wire.OpBindRequest:
			r, err := wire.ParseBindRequest(m)
			if err != nil || len(out) == 64 {
				continue
			}
			a := asked{auth: r.Auth, mechanism: r.Mechanism, password: r.Auth == wire.AuthSimple && len(r.Credentials) > 0}
			if r.Auth != wire.AuthSimple {
				for _, c := range check.Authentications(r.Credentials) {
					a.logon, a.sign, a.user = true, c.Sign, c.User != ""
				}
			}
			out[m.ID] = a
		case wire.OpExtendedRequest:
			tls = tls || extendedName(m.Body) == wire.StartTLS
		}
	}
	return out, tls
}

func extendedName(body []byte) string {
	tag, name, _, err := ber.Read(body)
	if err != nil || tag != 0x80 {
		return ""
	}
	return string(name)
}

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	if seen, ok := check.HeardTLS(h.FromServer); ok {
		if check.Plainer(seen, o.ldaps) {
			o.ldaps = seen
		}
		return
	}
	requests, wantsTLS := binds(h.FromClient)
	left := h.FromServer
	for m := range messages(&left) {
		o.heard = true
		switch m.Op {
		case wire.OpBindResponse:
			r, err := wire.ParseBindResponse(m)
			if err != nil {
				continue
			}
			a, known := requests[m.ID]
			o.bound(r, a, known)
		case wire.OpExtendedResponse:
			r, err := wire.ParseExtendedResponse(m)
			if err == nil && (wantsTLS || r.Name == wire.StartTLS) {
				if offered := offersStartTLS(r.Code); o.starttls == nil || offered != nil && *offered {
					o.starttls = offered
				}
			}
		case wire.OpSearchResultEntry:
			if len(m.Body) < 2 || m.Body[0] != ber.OctetString || m.Body[1] != 0 {
				continue // not the rootDSE's, whose name is empty
			}
			if e, err := wire.ParseEntry(m); err == nil {
				o.collect(e)
			}
		}
	}
	if seen, ok := check.HeardTLS(left); ok && check.Plainer(seen, o.behind) {
		o.behind = seen
	}
}

// collect adds a rootDSE, of which a client may have asked a few attributes only.
func (o *observer) collect(e wire.Entry) {
	for _, a := range e.Attributes {
		i := slices.IndexFunc(o.wanted, func(name string) bool { return strings.EqualFold(name, a.Name) })
		if i < 0 {
			continue
		}
		name := o.wanted[i]
		before, known := o.root[name]
		if known && !richer(a.Values, before.Values) {
			continue
		}
		kept := wire.Attribute{Name: name}
		for _, v := range a.Values[:min(len(a.Values), maxValues)] {
			kept.Values = append(kept.Values, slices.Clone(v[:min(len(v), maxText)]))
		}
		o.root[name] = kept
	}
}

// richer tells which of two answers of one attribute is kept, whichever came first: that of more values, then that of the
// greater ones.
func richer(a, b [][]byte) bool {
	if len(a) != len(b) {
		return min(len(a), maxValues) > len(b)
	}
	for i := range a {
		if c := bytes.Compare(a[i][:min(len(a[i]), maxText)], b[i]); c != 0 {
			return c > 0
		}
	}
	return false
}

// bound takes the answer to a bind.
func (o *observer) bound(r wire.BindResponse, a asked, known bool) {
	for _, token := range [][]byte{r.SASLCreds, r.MatchedDN} {
		n, ok := check.Challenged(token)
		if !ok {
			continue
		}
		if o.ntlm == nil || n.Time > o.ntlm.Time {
			o.ntlm = n
		}
		return // not an end of the bind
	}
	if !known {
		return
	}
	b := Bind{Over: overPlain, Mechanism: a.mechanism, Result: r.Code.String(), Text: text.Clip(r.Diagnostic, maxText)}
	code := r.Code
	b.Code = &code
	switch {
	case a.logon && !a.sign && (r.Code == wire.Success || r.Code == wire.StrongerAuthRequired):
		b.Question, b.Challenge = askOverheard, true
	case a.password && r.Code == wire.Success:
		o.simple = true
		return
	case a.password && r.Code == wire.StrongerAuthRequired:
		b.Question = askSimple
	default:
		return // says nothing of what is required
	}
	for i := range o.binds {
		if o.binds[i].Question == b.Question {
			if r.Code == wire.Success { // the weaker answer counts
				o.binds[i] = b
			}
			return
		}
	}
	o.binds = append(o.binds, b)
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	if !o.heard && o.ldaps != nil {
		f := newFacts()
		f.TLS, f.Certificate, f.Session, f.GlobalCatalog = overLDAPS, certOK, o.ldaps, o.global
		return check.Result{Facts: &f, Outcome: signet.Answered, Unasked: []string{"channel-binding"}}
	}
	if !o.heard {
		return check.Result{}
	}
	f := newFacts()
	if o.behind != nil {
		offered := true
		o.starttls = &offered
		f.TLS, f.Certificate, f.Session = overStartTLS, certOK, o.behind
	}
	if len(o.root) > 0 {
		var e wire.Entry
		for _, a := range o.root {
			e.Attributes = append(e.Attributes, a)
		}
		f.readRoot(e)
		if _, told := o.root["supportedCapabilities"]; !told {
			f.Role, f.Domain = roleUnknown, ""
		}
		if list := e.Values("supportedExtension"); o.starttls == nil && list != nil {
			offered := slices.Contains(list, wire.StartTLS)
			o.starttls = &offered
		}
	}
	f.GlobalCatalog = f.GlobalCatalog || o.global
	f.StartTLS, f.NTLM = o.starttls, o.ntlm
	for _, b := range o.binds {
		if b.Question != askSimple || !o.simple { // the weaker answer counts
			f.Binds = append(f.Binds, b)
		}
	}
	slices.SortFunc(f.Binds, func(a, b Bind) int { return len(a.Question) - len(b.Question) })
	f.readLevels()
	res := check.Result{Facts: &f, Outcome: signet.Answered}
	if f.Signing == signet.Unknown {
		res.Unasked = append(res.Unasked, "signing")
	}
	if f.StartTLS == nil {
		res.Unasked = append(res.Unasked, "starttls")
	} else if *f.StartTLS {
		res.Unasked = append(res.Unasked, "channel-binding")
	}
	return res
}

// clients reads who binds in the clear, and how.
func clients(h *check.Overheard) []check.Client {
	var out []check.Client
	stream := h.FromClient
	for m := range messages(&stream) {
		if m.Op != wire.OpBindRequest || len(out) == 64 {
			continue
		}
		r, err := wire.ParseBindRequest(m)
		if err != nil {
			continue
		}
		if r.Auth == wire.AuthSimple {
			if len(r.Credentials) > 0 {
				out = append(out, check.Client{Logon: "simple", User: text.Clip(r.Name, maxText)})
			}
			continue
		}
		out = append(out, check.Authentications(r.Credentials)...)
	}
	return out
}
