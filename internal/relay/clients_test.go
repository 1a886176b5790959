package relay_test

import (
	"slices"
	"testing"

	"signet"
	"signet/internal/check/all"
	"signet/internal/relay"
)

func TestSeen(t *testing.T) {
	yes, no := true, false
	windows := signet.Client{Logon: "ntlm", Response: "ntlmv2", Binding: "zero", MIC: &yes, Sign: &yes}
	with := func(change func(*signet.Client)) signet.Client { c := windows; change(&c); return c }
	for _, tt := range []struct {
		name string
		c    signet.Client
		want []relay.Source
	}{
		{"a Windows client over SMB", windows, nil},
		{"NTLMv1", with(func(c *signet.Client) { c.Response, c.MIC = "ntlmv1", &no }), []relay.Source{relay.NTLMv1}},
		{"NTLMv1 with session security", with(func(c *signet.Client) { c.Response = "ntlmv1-session" }), []relay.Source{relay.NTLMv1}},
		{"LM", with(func(c *signet.Client) { c.Response = "lm" }), []relay.Source{relay.NTLMv1}},
		{"no MIC", with(func(c *signet.Client) { c.MIC = &no }), []relay.Source{relay.HTTP}},
		{"no binding", with(func(c *signet.Client) { c.Binding = "absent" }), []relay.Source{relay.Unbound}},
		{"an empty binding", with(func(c *signet.Client) { c.Binding = "empty" }), []relay.Source{relay.Unbound}},
		{"no signing", with(func(c *signet.Client) { c.Sign = &no }), []relay.Source{relay.HTTP}},
		{"WebDAV", with(func(c *signet.Client) { c.WebDAV, c.Sign = true, &no }), []relay.Source{relay.HTTP}},
		{"WebDAV without a logon", signet.Client{WebDAV: true}, []relay.Source{relay.HTTP}},
		{"anonymous", signet.Client{Logon: "ntlm", Response: "anonymous", Binding: "absent", MIC: &no, Sign: &no}, nil},
		{"a response that could not be told", signet.Client{Logon: "ntlm", Response: "unknown", Binding: "absent", MIC: &no, Sign: &no}, nil},
		{"not told whether it signs", signet.Client{Logon: "ntlm", Response: "ntlmv2", Binding: "unknown"}, nil},
		{"a password in the clear", signet.Client{Logon: "simple"}, nil},
	} {
		if got := relay.Seen(&tt.c); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A client that answered nothing as a server is a source all the same.
func TestSeenWithoutAServer(t *testing.T) {
	e := relay.New(all.Checks())
	e.Include(windows(1, ldap))
	e.Include(&signet.Host{Address: addr(2)}, relay.HTTP)
	f := e.Summary().Fixes
	if len(f) != 1 || f[0].Open != 1 {
		t.Errorf("%+v", f)
	}
}
