package rdp

import (
	"slices"
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
			o := &observer{refused: map[Refusal]bool{}}
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

// What the TLS handshake behind the negotiation shows.
func TestOverheardTLS(t *testing.T) {
	confirm := wire.AppendConfirm(nil, wire.Confirm{Negotiated: true, Selected: wire.NLA})
	for name, want := range map[string]string{"samba-ldaps-12.hex": "1.2", "samba-ldaps-13.hex": "1.3", "": ""} {
		stream := slices.Clone(confirm)
		if name != "" {
			stream = append(stream, checktest.Handshake(t, name)...)
		}
		o := &observer{refused: map[Refusal]bool{}}
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
