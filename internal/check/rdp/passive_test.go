package rdp

import (
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	wire "signet/internal/wire/rdp"
)

// TestOverheard: what clients asked for and got decides the level of NLA, in any order, and what was not asked does not.
func TestOverheard(t *testing.T) {
	type answer struct {
		asked wire.Protocol
		got   wire.Confirm
	}
	selected := func(p wire.Protocol) wire.Confirm { return wire.Confirm{Negotiated: true, Selected: p} }
	refused := wire.Confirm{Refused: true, Failure: wire.HybridRequired}
	both := wire.TLS | wire.NLA
	for name, c := range map[string]struct {
		answers []answer
		want    signet.Level
	}{
		"chosen among both":      {[]answer{{both, selected(wire.NLA)}}, signet.Unknown},
		"not chosen":             {[]answer{{both, selected(wire.TLS)}}, signet.Off},
		"chosen, and not needed": {[]answer{{both, selected(wire.NLA)}, {wire.TLS, selected(wire.TLS)}}, signet.Optional},
		"refused without":        {[]answer{{wire.TLS, refused}, {both, selected(wire.NLA)}}, signet.Required},
		"refused with":           {[]answer{{both, refused}}, signet.Unknown},
		"another refusal":        {[]answer{{wire.TLS, wire.Confirm{Refused: true, Failure: wire.SSLNotAllowed}}}, signet.Unknown},
		"plain, NLA not asked":   {[]answer{{wire.TLS, selected(wire.TLS)}}, signet.Unknown},
	} {
		for _, backwards := range []bool{false, true} {
			o := newObserver()
			for i := range c.answers {
				a := c.answers[i]
				if backwards {
					a = c.answers[len(c.answers)-1-i]
				}
				o.Hear(&check.Overheard{
					FromClient: wire.AppendRequest(nil, wire.Request{Negotiate: true, Protocols: a.asked}), ClientWhole: true,
					FromServer: wire.AppendConfirm(nil, a.got), ServerWhole: true,
				})
			}
			if f := o.Result().Facts.(*Facts); f.NLA != c.want {
				t.Errorf("%s, backwards %v: %s, want %s", name, backwards, f.NLA, c.want)
			}
		}
	}
}

// What is said of a level that is not known is what the capture holds: a client that asked for NLA among others and got
// it left no question unanswered. A capture without its request knows of no question at all.
func TestOverheardSentence(t *testing.T) {
	ask := func(p wire.Protocol) []byte {
		return wire.AppendRequest(nil, wire.Request{Negotiate: true, Protocols: p})
	}
	got := func(p wire.Protocol) []byte {
		return wire.AppendConfirm(nil, wire.Confirm{Negotiated: true, Selected: p})
	}
	for name, c := range map[string]struct {
		client, server []byte
		want           string
	}{
		"both asked":        {ask(wire.TLS | wire.NLA), got(wire.NLA), "nobody asked without NLA; the server accepts nla"},
		"NLA alone":         {ask(wire.NLA), got(wire.NLA), "nobody asked without NLA; the server accepts nla"},
		"TLS alone":         {ask(wire.TLS), got(wire.TLS), "nobody asked with NLA; the server accepts tls"},
		"the answer's half": {nil, got(wire.NLA), "the answers do not show whether the server requires NLA; the server accepts nla"},
	} {
		o := newObserver()
		o.Hear(&check.Overheard{FromClient: c.client, ClientWhole: c.client != nil, FromServer: c.server, ServerWhole: true})
		j := judge(o.Result().Facts.(*Facts))
		if because := strings.Join(j.Because, "; "); j.Verdict != signet.Undetermined || !strings.HasSuffix(because, c.want) {
			t.Errorf("%s: %v because %q, want %q", name, j.Verdict, because, c.want)
		}
	}
	o := newObserver()
	o.Hear(&check.Overheard{FromClient: ask(wire.TLS | wire.NLA), ClientWhole: true, FromServer: got(wire.NLA), ServerWhole: true})
	o.Hear(&check.Overheard{FromClient: ask(wire.TLS), ClientWhole: true, FromServer: got(wire.TLS)[:5], ServerWhole: true})
	if why := judge(o.Result().Facts.(*Facts)).Because[0]; !strings.HasSuffix(why, "no answer to a request for TLS without NLA was seen") {
		t.Errorf("a request whose answer is cut off: %q", why)
	}
	o = newObserver()
	o.Hear(&check.Overheard{FromClient: ask(wire.TLS | wire.NLA), ClientWhole: true})
	if r := o.Result(); r.Facts != nil {
		t.Errorf("a request without its answer says %s", r.Facts.AppendJSON(nil))
	}
}

// What the TLS handshake behind the negotiation shows.
func TestOverheardTLS(t *testing.T) {
	confirm := wire.AppendConfirm(nil, wire.Confirm{Negotiated: true, Selected: wire.NLA})
	for name, want := range map[string]string{"samba-ldaps-12.hex": "1.2", "samba-ldaps-13.hex": "1.3", "": ""} {
		stream := slices.Clone(confirm)
		if name != "" {
			stream = append(stream, checktest.Handshake(t, name)...)
		}
		o := newObserver()
		o.Hear(&check.Overheard{FromServer: stream, ServerWhole: true})
		f := o.Result().Facts.(*Facts)
		got := ""
		if f.TLS != nil {
			got = f.TLS.Version
		}
		if got != want {
			t.Errorf("%q: version %q, want %q", name, got, want)
		}
	}
}
