package ldap

import (
	"slices"
	"strings"
	"testing"

	"signet"
	wire "signet/internal/wire/ldap"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/spnego"
)

// formOf reads in which form a type 1 is put; "" is no type 1.
func formOf(token []byte) string {
	if ntlmssp.Type(token) == ntlmssp.TypeNegotiate {
		return "bare"
	}
	if r, err := spnego.ParseResp(token); err == nil && ntlmssp.Type(r.ResponseToken) == ntlmssp.TypeNegotiate {
		return "resp"
	}
	if i, err := spnego.ParseInit(token); err == nil && ntlmssp.Type(i.MechToken) == ntlmssp.TypeNegotiate && slices.Equal(i.MechTypes, []string{spnego.OIDNTLM}) {
		return "init"
	}
	return ""
}

// Servers that answer a bare type 1 with SPNEGO and no challenge (RFC 4178 §4.2.2): the accept-incomplete and request-mic
// of public reports, whose servers wait for the type 1 in SPNEGO; rejections, of the form or of NTLM; a negotiation that
// the server begins itself ([MS-SPNG] §2.2.1). What they answer to each form is made up.
func TestChallengeLater(t *testing.T) {
	selected := spnego.Resp{State: spnego.AcceptIncomplete, SupportedMech: spnego.OIDNTLM}.Append(nil)
	silent := spnego.Resp{State: spnego.AcceptIncomplete}.Append(nil)
	mic := spnego.Resp{State: spnego.RequestMIC, SupportedMech: spnego.OIDNTLM}.Append(nil)
	kerberos := spnego.Resp{State: spnego.RequestMIC, SupportedMech: spnego.OIDKerberosMS}.Append(nil)
	reject := spnego.Resp{State: spnego.Reject}.Append(nil)
	hints := spnego.AppendInit(nil, spnego.Init{MechTypes: []string{spnego.OIDKerberos, spnego.OIDNTLM}, HintName: "x"})
	bareHints := spnego.AppendInit(nil, spnego.Init{MechTypes: []string{spnego.OIDKerberos}, HintName: "x"})
	whole := challenge()
	type answer struct {
		code  wire.ResultCode
		creds []byte
	}
	goesOn := func(creds []byte) answer { return answer{wire.SaslBindInProgress, creds} }
	for _, c := range []struct {
		name    string
		answers map[string]answer // by form of the type 1
		forms   string
		verdict signet.Verdict
		says    string
	}{
		{"selected, then taken in a NegTokenResp", map[string]answer{"bare": goesOn(selected), "resp": goesOn(spnego.AppendResp(nil, whole))}, "bare resp", signet.Exposed, "the server accepted"},
		{"selected, then taken in a NegTokenInit", map[string]answer{"bare": goesOn(selected), "resp": goesOn(selected), "init": goesOn(spnego.AppendResp(nil, whole))}, "bare resp init", signet.Exposed, "the server accepted"},
		{"the challenge comes bare", map[string]answer{"bare": goesOn(selected), "resp": goesOn(whole)}, "bare resp", signet.Exposed, "the server accepted"},
		{"nothing selected, then taken", map[string]answer{"bare": goesOn(silent), "resp": goesOn(whole)}, "bare resp", signet.Exposed, "the server accepted"},
		{"an empty token, then taken", map[string]answer{"bare": goesOn(nil), "init": goesOn(whole)}, "bare init", signet.Exposed, "the server accepted"},
		{"its own negotiation, then taken", map[string]answer{"bare": goesOn(hints), "resp": goesOn(hints), "init": goesOn(whole)}, "bare resp init", signet.Exposed, "the server accepted"},
		{"the form is rejected, NTLM is not", map[string]answer{"bare": {wire.InvalidCredentials, reject}, "init": goesOn(whole)}, "bare init", signet.Exposed, "the server accepted"},
		{"request-mic for ever", map[string]answer{"bare": goesOn(mic), "resp": goesOn(mic), "init": goesOn(mic)}, "bare resp init", signet.Undetermined, "NTLM selected"},
		{"Kerberos for ever", map[string]answer{"bare": goesOn(kerberos), "init": goesOn(kerberos)}, "bare init", signet.Undetermined, "another mechanism selected"},
		{"Kerberos alone is named", map[string]answer{"bare": goesOn(bareHints), "init": goesOn(bareHints)}, "bare init", signet.Undetermined, "another mechanism selected"},
		{"another mechanism's token", map[string]answer{"bare": goesOn([]byte("realm=x")), "init": goesOn([]byte("realm=x"))}, "bare init", signet.Undetermined, "sent no NTLM challenge"},
		{"rejected in every form", map[string]answer{"bare": goesOn(reject), "init": goesOn(reject)}, "bare init", signet.Guarded, "rejected by SPNEGO"},
		{"selected, then hung up on", map[string]answer{"bare": goesOn(selected)}, "bare resp", signet.Undetermined, "no answer in time"},
		{"a challenge that is cut", map[string]answer{"bare": goesOn(whole[:20])}, "bare", signet.Undetermined, "cut short"},
		{"7", map[string]answer{"bare": {wire.AuthMethodNotSupported, nil}}, "bare bare", signet.Guarded, "refuses NTLM"},
		{"8 to whatever binds", map[string]answer{"bare": {wire.StrongerAuthRequired, nil}}, "bare", signet.Undetermined, "something other than signing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var forms []string
			directory := dc{capabilities: ad(), startTLS: 2}
			r, _ := hold(t, 389, depth(signet.Anonymous), server{reply: func(m wire.Message) []byte {
				b, err := wire.ParseBindRequest(m)
				if err != nil {
					return directory.reply(m)
				}
				form := formOf(b.Credentials)
				if form == "" { // the type 3
					return wire.AppendBindResponse(nil, m.ID, wire.BindResponse{})
				}
				forms = append(forms, form)
				a, answered := c.answers[form]
				if !answered {
					return nil
				}
				return wire.AppendBindResponse(nil, m.ID, wire.BindResponse{Result: wire.Result{Code: a.code}, SASLCreds: a.creds})
			}})
			f := r.Facts.(*Facts)
			j := judge(f)
			if got := strings.Join(forms, " "); got != c.forms {
				t.Errorf("forms %q, want %q", got, c.forms)
			}
			if because := strings.Join(j.Because, "; "); j.Verdict != c.verdict || !strings.Contains(because, c.says) {
				t.Errorf("%v because %q, want %v with %q", j.Verdict, because, c.verdict, c.says)
			}
			if c.verdict != signet.Exposed && f.Signing != signet.Unknown {
				t.Errorf("signing %v", f.Signing)
			}
		})
	}
}
