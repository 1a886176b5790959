package ldap

import (
	"errors"
	"net/netip"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	wire "signet/internal/wire/ldap"
)

// server plays one connection: it gets each request and answers with bytes. A nil answer is silence. How the
// connection ends when the server has nothing more to say is its end.
type server struct {
	connect check.Cause // NoAnswer, Rejected or Denied: no connection at all
	tls     error       // what a handshake comes to
	reply   func(wire.Message) []byte
	hello   []byte // sent before any request
	end     check.Cause
}

// seenAttempt is what a fake saw of one connection.
type seenAttempt struct {
	note   string
	logons int
	sent   []wire.Message
}

// hold drives an interview against servers, one for each connection, in turn; the last one serves all further ones.
func hold(t *testing.T, port uint16, o *check.Options, servers ...server) (check.Result, []seenAttempt) {
	t.Helper()
	iv := begin(check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.1")}, Port: port}, Options: o})
	iv.Result() // may be called at any time
	var log []seenAttempt
	var end check.End
	for n := 0; ; n++ {
		a, ok := iv.Next(end)
		if !ok {
			return iv.Result(), log
		}
		if n > 8 {
			t.Fatal("the interview does not end")
		}
		s := servers[min(n, len(servers)-1)]
		seen := seenAttempt{note: a.Note, logons: a.Logons}
		end = s.hold(t, a, &seen)
		log = append(log, seen)
		iv.Result()
	}
}

func (s server) hold(t *testing.T, a check.Attempt, seen *seenAttempt) check.End {
	t.Helper()
	p := checktest.Peer{Connect: s.connect, Says: s.hello, End: s.end, TLS: func(*check.TLS) (check.TLSState, error) {
		return check.TLSState{Facts: signet.TLS{Version: "1.3"}}, s.tls
	}}
	p.Answer = func(b []byte) (out []byte, end check.Cause) {
		for len(b) > 0 {
			m, rest, err := wire.ParseMessage(b)
			if err != nil {
				t.Fatalf("%s: sent %x: %v", a.Note, b, err)
			}
			seen.sent, b = append(seen.sent, m), rest
			if s.reply != nil {
				out = append(out, s.reply(m)...)
			}
		}
		return out, check.Start
	}
	return p.Hold(t, a)
}

func depth(d signet.Depth) *check.Options {
	o := checktest.Options()
	o.Depth = d
	return o
}

// dc is a directory that answers as configured. The zero value of an answer leaves the request unanswered.
type dc struct {
	capabilities []string
	vendor       string
	startTLS     wire.ResultCode
	type2        []byte
	first        *wire.Result            // to a type 1, in place of a challenge
	last         map[string]*wire.Result // to a type 3, by what it is: anonymous, decoy; and to a simple bind
}

func result(code wire.ResultCode, text string) *wire.Result {
	return &wire.Result{Code: code, Diagnostic: text}
}

// challenge is a type 2 of a server that gives the least: flags with Unicode and TargetInfo, an empty name, no pairs.
func challenge() []byte {
	b := []byte("NTLMSSP\x00\x02\x00\x00\x00\x00\x00\x00\x00\x38\x00\x00\x00\x05\x82\x89\xa2")
	b = append(b, "\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x00\x00\x00\x00"...)
	b = append(b, "\x04\x00\x04\x00\x38\x00\x00\x00\x0a\x00\x61\x4a\x00\x00\x00\x0f"...)
	return append(b, 0, 0, 0, 0)
}

func (d dc) reply(m wire.Message) []byte {
	switch m.Op {
	case wire.OpExtendedRequest:
		return wire.AppendExtendedResponse(nil, m.ID, wire.ExtendedResponse{Result: wire.Result{Code: d.startTLS}})
	case wire.OpSearchRequest:
		e := wire.Entry{Attributes: []wire.Attribute{{Name: "defaultNamingContext", Values: [][]byte{[]byte("DC=fake,DC=test")}}, {Name: "supportedCapabilities"}}}
		for _, c := range d.capabilities {
			e.Attributes[1].Values = append(e.Attributes[1].Values, []byte(c))
		}
		if d.vendor != "" {
			e.Attributes = append(e.Attributes, wire.Attribute{Name: "vendorName", Values: [][]byte{[]byte(d.vendor)}})
		}
		return wire.AppendSearchDone(wire.AppendEntry(nil, m.ID, e), m.ID, wire.Result{})
	case wire.OpBindRequest:
		return d.bind(m)
	}
	return nil
}

func (d dc) bind(m wire.Message) []byte {
	r, err := wire.ParseBindRequest(m)
	if err != nil {
		return nil
	}
	kind := askSimple
	if r.Auth == wire.AuthSASL {
		switch {
		case len(r.Credentials) == 40:
			if d.first != nil {
				return wire.AppendBindResponse(nil, m.ID, wire.BindResponse{Result: *d.first})
			}
			type2 := d.type2
			if type2 == nil {
				type2 = challenge()
			}
			return wire.AppendBindResponse(nil, m.ID, wire.BindResponse{Result: wire.Result{Code: wire.SaslBindInProgress}, SASLCreds: type2})
		case len(r.Credentials) < 110:
			kind = askAnonymous
		default:
			kind = decoyKind(r.Credentials)
		}
	}
	if res := d.last[kind]; res != nil {
		return wire.AppendBindResponse(nil, m.ID, wire.BindResponse{Result: *res})
	}
	return nil
}

func ad() []string { return []string{capActiveDirectory} }

var errHandshake = errors.New("remote error: tls: protocol version not supported")
