package ldap

import (
	"slices"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	wire "signet/internal/wire/ldap"
)

// What a handshake between others shows: of LDAPS, and behind StartTLS. It decides nothing.
func TestOverheardTLS(t *testing.T) {
	old, new := checktest.Handshake(t, "samba-ldaps-12.hex"), checktest.Handshake(t, "samba-ldaps-13.hex")
	starttls := wire.AppendExtended(nil, 1, wire.StartTLS)
	taken := []byte("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00") // extendedResponse, success (RFC 4511 §4.12)
	entry := []byte("\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00") // searchResultDone, success
	for name, c := range map[string]struct {
		port    uint16
		streams [][2][]byte
		tls     string
		version string
		named   bool
	}{
		"LDAPS, 1.2":                {636, [][2][]byte{{nil, old}}, overLDAPS, "1.2", true},
		"LDAPS, 1.3":                {3269, [][2][]byte{{nil, new}}, overLDAPS, "1.3", false},
		"LDAPS, 1.3 and 1.2":        {636, [][2][]byte{{nil, new}, {nil, old}, {nil, new}}, overLDAPS, "1.2", true},
		"behind StartTLS":           {389, [][2][]byte{{starttls, append(slices.Clone(taken), old...)}}, overStartTLS, "1.2", true},
		"StartTLS, its answer lost": {389, [][2][]byte{{nil, append(slices.Clone(entry), old...)}}, overStartTLS, "1.2", true},
		"StartTLS, and no more":     {389, [][2][]byte{{starttls, taken}}, overPlain, "", false},
		"something else on 636":     {636, [][2][]byte{{nil, []byte("HTTP/1.1 200 OK\r\n\r\n")}}, "", "", false},
		"a handshake that is torn":  {636, [][2][]byte{{nil, old[:40]}}, "", "", false},
	} {
		p := passive()
		o := p.Observe(signet.Endpoint{Port: c.port})
		for _, s := range c.streams {
			o.Hear(&check.Overheard{FromClient: s[0], FromServer: s[1]})
		}
		res := o.Result()
		f, ok := res.Facts.(*Facts)
		if !ok {
			if c.tls != "" {
				t.Errorf("%s: nothing was heard", name)
			}
			continue
		}
		version := ""
		if f.Session != nil {
			version = f.Session.Version
			if named := slices.Contains(f.Session.Names, "dc1.lab.example"); named != c.named {
				t.Errorf("%s: names %q", name, f.Session.Names)
			}
		}
		if c.tls == overStartTLS && (f.StartTLS == nil || !*f.StartTLS) {
			t.Errorf("%s: StartTLS is not told", name)
		}
		if f.TLS != c.tls || version != c.version || f.GlobalCatalog != (c.port == 3269) {
			t.Errorf("%s: %q %q", name, f.TLS, version)
		}
		if j := judge(f); j.Verdict != signet.Undetermined || len(j.Breaches) > 0 {
			t.Errorf("%s: %+v", name, j)
		}
	}
	for _, c := range []struct {
		port uint16
		want check.Side
	}{{636, check.ServerSide}, {3269, check.ServerSide}, {443, check.NeitherSide}, {50000, check.NeitherSide}} {
		if got := recognise(old, c.port); got != c.want {
			t.Errorf("from port %d: side %d", c.port, got)
		}
	}
}

// A simple bind refused for want of TLS decides signing, unless another one was taken: then the weaker answer stands, and
// what it means for NTLM was not asked.
func TestOverheardSimpleBinds(t *testing.T) {
	bind := func(code wire.ResultCode, text string) [2][]byte {
		return [2][]byte{wire.AppendSimpleBind(nil, 1, "CN=a", "b"), wire.AppendBindResponse(nil, 1, wire.BindResponse{Result: wire.Result{Code: code, Diagnostic: text}})}
	}
	refused, taken, wrong := bind(wire.StrongerAuthRequired, textIntegrity), bind(wire.Success, ""), bind(wire.InvalidCredentials, "")
	for name, c := range map[string]struct {
		streams [][2][]byte
		want    signet.Level
	}{
		"refused":                       {[][2][]byte{refused}, signet.Required},
		"refused, of whom is not known": {[][2][]byte{bind(wire.StrongerAuthRequired, "")}, signet.Unknown},
		"taken":                         {[][2][]byte{taken}, signet.Unknown},
		"refused, and taken":            {[][2][]byte{refused, taken}, signet.Unknown},
		"taken, and refused":            {[][2][]byte{taken, refused}, signet.Unknown},
		"a wrong password alone":        {[][2][]byte{wrong}, signet.Unknown},
	} {
		o := passive().Observe(signet.Endpoint{Port: 389})
		for _, s := range c.streams {
			o.Hear(&check.Overheard{FromClient: s[0], FromServer: s[1]})
		}
		if f := o.Result().Facts.(*Facts); f.Signing != c.want {
			t.Errorf("%s: %v, want %v", name, f.Signing, c.want)
		} else if got := plainWay(f).verdict == signet.Guarded; got != (c.want == signet.Required) {
			t.Errorf("%s: %+v", name, plainWay(f))
		}
	}
}
