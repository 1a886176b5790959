package smb

import (
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/netbios"
	"signet/internal/wire/smb1"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// TestOddServers holds whole interviews with servers that do what the specifications do not foresee, and with
// peers that are no servers.
func TestOddServers(t *testing.T) {
	fixed := func(dialect uint16) func(*server) host { // answers every negotiate with one dialect
		return func(s *server) host {
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if h, err := smb2.ParseHeader(sent[4:]); err == nil {
					return s.answer(h.MessageID, dialect), check.Start
				}
				return s.smb1(sent)
			}}
		}
	}
	always := func(reply string, end check.Cause) func(*server) host {
		return func(*server) host {
			return host{say: func(string, []byte) ([]byte, check.Cause) { return []byte(reply), end }}
		}
	}
	for _, c := range []struct {
		name    string
		flags   string
		change  func(*server)
		host    func(*server) host // instead of the server's own
		outcome signet.Outcome
		verdict signet.Verdict
		expect  func(*Facts) bool
		err     string
	}{
		{name: "as Windows answers", outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool {
			return isNot(f.SMB1.Offered) && f.DialectFloor == "2.0.2" && isNot(f.EncryptionRequired) && f.Compression &&
				slices.Equal(f.Mechanisms, []string{"negoex", "kerberos", "ntlm"}) && slices.Equal(f.Encryption, []string{"AES-256-GCM"}) &&
				f.NTLM != nil && !slices.Contains(f.Capabilities, "encryption")
		}},
		{name: "requires signing", change: func(s *server) { s.mode = 3 }, outcome: signet.Answered, verdict: signet.Guarded},
		{name: "mode 0x02", change: func(s *server) { s.mode = 2 }, outcome: signet.Answered, verdict: signet.Guarded,
			expect: func(f *Facts) bool { return f.Signing == signet.Required && f.SecurityMode == "0x02" }},
		{name: "mode 0x00", change: func(s *server) { s.mode = 0 }, outcome: signet.Answered, verdict: signet.Exposed,
			expect: func(f *Facts) bool { return f.Signing == signet.Off }},
		{name: "mode with unknown bits", change: func(s *server) { s.mode = 0x85 }, outcome: signet.Answered, verdict: signet.Undetermined,
			expect: func(f *Facts) bool { return f.Signing == signet.Unknown && f.SecurityMode == "0x85" }},
		{name: "dialect 0x0000", host: fixed(0), outcome: signet.Answered, verdict: signet.Undetermined,
			expect: func(f *Facts) bool { return f.Odd && f.Dialect == "0x0000" && f.Signing == signet.Optional }},
		{name: "the wildcard without having been asked for it", host: fixed(smb2.DialectWildcard), outcome: signet.Answered, verdict: signet.Undetermined,
			expect: func(f *Facts) bool { return f.Odd && f.Dialect == "0x02ff" }},
		{name: "3.1.1 to a request without it", host: func(s *server) host {
			inner := fixed(smb2.Dialect311)(s)
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if h, err := smb2.ParseHeader(sent[4:]); err == nil && h.MessageID == 0 {
					return refused(0, 0, smb2.StatusNotSupported), check.Start
				}
				return inner.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.Odd }},
		{name: "2.1 at once to a multi-protocol request", host: func(s *server) host {
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if contains(sent, []byte("SMB 2.???")) {
					return s.answer(0, smb2.Dialect210), check.Start
				}
				return nil, check.Reset
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.Odd && f.Dialect == "2.1" }},
		{name: "no cipher in common", change: func(s *server) { s.contexts.Ciphers = smb2.MakeIDs(smb2.CipherNone) },
			outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool { return len(f.Encryption) == 0 }},
		{name: "another dialect than the one offered", host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if hd, err := smb2.ParseHeader(sent[4:]); err == nil && hd.Command == 0 && len(offers(sent[4:])) == 1 {
					return s.answer(0, smb2.Dialect311), check.Start
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.DialectFloor == "" }, err: "alone was offered"},
		{name: "SMB 1 refused with a status", change: func(s *server) { s.mode, s.smb1 = 3, status1(0xc00000bb) },
			outcome: signet.Answered, verdict: signet.Guarded, expect: func(f *Facts) bool { return isNot(f.SMB1.Offered) }},
		{name: "SMB 1 not now", change: func(s *server) { s.mode, s.smb1 = 3, status1(0xc0000205) },
			outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.SMB1.Offered == nil }, err: "0xc0000205"},
		{name: "SMB 1 without extended security", host: func(s *server) host {
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if sent[4] != 0xff {
					return nil, check.Closed
				}
				return smb1.AppendNegotiateResponse(nil, &smb1.NegotiateResponse{
					WordCount: 17, SecurityMode: 0x03, Challenge: make([]byte, 8), Domain: "NT", Server: "NT4",
				}), check.Start
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmOffered && f.SMB1.Server == "NT4" }},
		{name: "LAN Manager", host: func(s *server) host {
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if sent[4] != 0xff {
					return nil, check.Closed
				}
				return smb1.AppendNegotiateResponse(nil, &smb1.NegotiateResponse{WordCount: 13, SecurityMode: 0x01}), check.Start
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool {
			return f.SMB1.Dialect == "LAN Manager" && is(f.SMB1.Plaintext) && f.NTLMOffer == ntlmUnknown
		}},
		{name: "requires signing at an unknown dialect", change: func(s *server) { s.mode = 3 }, host: fixed(6), outcome: signet.Answered, verdict: signet.Undetermined},
		{name: "empty blob, NTLM accepted", change: func(s *server) { s.mechs = nil }, outcome: signet.Answered, verdict: signet.Exposed,
			expect: func(f *Facts) bool { return f.Mechanisms == nil && f.NTLMOffer == ntlmProven }},
		{name: "garbled blob, NTLM accepted", change: func(s *server) { s.blob = []byte("\x60\x84\xff\xff\xff\xff") }, outcome: signet.Answered, verdict: signet.Exposed},
		{name: "empty blob, NTLM refused", change: func(s *server) { s.mechs, s.setup = nil, refuseWith(smb2.StatusInvalidParameter) },
			outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmUnknown }},
		{name: "NTLM named and refused, then closed", change: func(s *server) { s.dialects = native()[:2] }, host: func(s *server) host {
			s.setup = refuseWith(smb2.StatusLogonFailure)
			h, setups := s.host(), 0
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if hd, err := smb2.ParseHeader(sent[4:]); err == nil && hd.Command == smb2.CommandSessionSetup {
					if setups++; setups > 1 {
						return nil, check.Closed
					}
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmUnknown }, err: "smb2 session setup"},
		{name: "Kerberos only", change: func(s *server) {
			s.mechs, s.setup = []string{spnego.OIDKerberos}, refuseWith(smb2.StatusNotSupported)
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmNo }},
		{name: "NTLM named and refused", change: func(s *server) { s.setup = refuseWith(smb2.StatusNTLMBlocked) },
			outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmUnknown }},
		{name: "NTLM only on its own, without SPNEGO", change: func(s *server) {
			s.mechs = []string{spnego.OIDKerberos}
			s.setup = func(token []byte, _ uint16) smb2.SessionSetupResponse {
				if token[0] == 0x60 {
					return smb2.SessionSetupResponse{Status: smb2.StatusLogonFailure}
				}
				return smb2.SessionSetupResponse{Status: smb2.StatusMoreProcessing, Token: []byte(type2)}
			}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmProven }},
		{name: "3.1.1 only", change: func(s *server) { s.dialects = native()[4:] }, outcome: signet.Answered, verdict: signet.Guarded,
			expect: func(f *Facts) bool { return f.DialectFloor == top }},
		{name: "floor at 3.0.2", change: func(s *server) { s.dialects = native()[3:] }, outcome: signet.Answered, verdict: signet.Exposed,
			expect: func(f *Facts) bool { return f.DialectFloor == "3.0.2" && isNot(f.EncryptionRequired) }},
		{name: "requires encryption as Windows shows it", change: func(s *server) {
			s.setup = func(_ []byte, d uint16) smb2.SessionSetupResponse {
				if !s.encrypts {
					return smb2.SessionSetupResponse{Status: smb2.StatusAccessDenied}
				}
				return challengeAll(nil, d)
			}
		}, outcome: signet.Answered, verdict: signet.Guarded, expect: func(f *Facts) bool { return is(f.EncryptionRequired) }},
		{name: "requires encryption, garbled contexts", host: func(s *server) host {
			s.setup = func(_ []byte, d uint16) smb2.SessionSetupResponse {
				if !s.encrypts {
					return smb2.SessionSetupResponse{Status: smb2.StatusAccessDenied}
				}
				return challengeAll(nil, d)
			}
			return garbling(s)
		}, outcome: signet.Answered, verdict: signet.Guarded, expect: func(f *Facts) bool { return f.Encryption == nil && is(f.EncryptionRequired) }},
		{name: "garbled contexts", host: garbling, outcome: signet.Answered, verdict: signet.Exposed,
			expect: func(f *Facts) bool { return f.Encryption == nil && isNot(f.EncryptionRequired) }},
		{name: "denies every session setup", change: func(s *server) { s.setup = refuseWith(smb2.StatusAccessDenied) },
			outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmUnknown && f.EncryptionRequired == nil }},
		{name: "denies every session setup, names nothing", change: func(s *server) { s.mechs, s.setup = nil, refuseWith(smb2.StatusAccessDenied) },
			outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmUnknown }},
		{name: "answers pending first", change: func(s *server) {}, host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				reply, end := h.say(note, sent)
				if hd, err := smb2.ParseHeader(sent[4:]); err == nil {
					reply = append(refused(hd.Command, hd.MessageID, smb2.StatusPending), reply...)
				}
				return append([]byte{0x85, 0, 0, 0}, reply...), end
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed},
		{name: "does not like contexts", host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				hd, err := smb2.ParseHeader(sent[4:])
				if err == nil && hd.Command == 0 && slices.Contains(offers(sent[4:]), smb2.Dialect311) {
					return refused(0, hd.MessageID, smb2.StatusInvalidParameter), check.Start
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool { return f.Dialect == "3.0.2" }},
		{name: "no dialect of ours", change: func(s *server) { s.dialects = nil }, outcome: signet.Answered, verdict: signet.Undetermined,
			expect: func(f *Facts) bool { return isNot(f.SMB2Offered) && f.SMB1.Offered == nil }, err: "smb1 negotiate"},
		{name: "refuses every negotiate for another reason", host: func(s *server) host {
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if h, err := smb2.ParseHeader(sent[4:]); err == nil {
					return refused(0, h.MessageID, smb2.StatusInvalidParameter), check.Start
				}
				return nil, check.Closed
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined,
			expect: func(f *Facts) bool { return f.SMB2Offered == nil && f.SMB1.Offered == nil }, err: "STATUS_INVALID_PARAMETER"},
		{name: "refuses SMB 2 for another reason, SMB 1 requires signing", host: func(s *server) host {
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if h, err := smb2.ParseHeader(sent[4:]); err == nil {
					return refused(0, h.MessageID, smb2.StatusAccessDenied), check.Start
				}
				return speaks1(0x0f)(sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined,
			expect: func(f *Facts) bool { return f.SMB2Offered == nil && is(f.SMB1.Offered) }, err: "STATUS_ACCESS_DENIED"},
		{name: "takes the dialects below 3.1.1 on a new connection alone", change: func(s *server) { s.dialects = native()[:2] }, host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				hd, err := smb2.ParseHeader(sent[4:])
				switch {
				case err != nil || hd.Command != smb2.CommandNegotiate:
				case hd.MessageID > 0:
					return nil, check.Closed
				case slices.Contains(offers(sent[4:]), smb2.Dialect311):
					return refused(0, 0, smb2.StatusNotSupported), check.Start
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool { return f.Dialect == "2.1" && f.NTLMOffer == ntlmProven }},
		{name: "says everything twice, floor at 3.0.2", change: func(s *server) { s.dialects = native()[3:] }, host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				reply, end := h.say(note, sent)
				return append(reply, reply...), end
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool { return f.DialectFloor == "3.0.2" && f.NTLMOffer == ntlmProven }},
		{name: "says everything twice, no dialect of ours", change: func(s *server) { s.dialects = nil }, host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				reply, end := h.say(note, sent)
				return append(reply, reply...), end
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return isNot(f.SMB2Offered) }, err: "smb1"},
		{name: "requires signing at 3.1.1 alone", flags: "deep", change: func(s *server) { s.mode = 3 }, host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if note == noteClimb {
					s.mode = 1
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool {
			return f.Signing == signet.Optional && f.SecurityMode == "0x01" && len(f.Dialects) == 5
		}, err: "disagree on SMB signing"},
		{name: "closes after the wildcard", host: func(s *server) host {
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if note == noteMulti && sent[4] == 0xff {
					return s.answer(0, smb2.DialectWildcard), check.Start
				}
				return nil, check.Closed
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool {
			return f.Odd && f.Dialect == "0x02ff" && f.Signing == signet.Optional
		}, err: "multi-protocol negotiate: the peer closed"},
		{name: "refuses every dialect after the wildcard", host: func(s *server) host {
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if note != noteMulti {
					return nil, check.Closed
				}
				if h, err := smb2.ParseHeader(sent[4:]); err == nil {
					return refused(0, h.MessageID, smb2.StatusNotSupported), check.Start
				}
				return s.answer(0, smb2.DialectWildcard), check.Start
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.Odd && is(f.SMB2Offered) }, err: "STATUS_NOT_SUPPORTED"},
		{name: "SMB 1 answers an SMB 2 negotiate", host: func(s *server) host {
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if sent[4] == 0xff && !contains(sent, []byte("SMB 2.???")) {
					return nil, check.Closed
				}
				if sent[4] == 0xff {
					return s.answer(0, smb2.Dialect202), check.Start
				}
				return smb1.AppendNegotiateResponse(nil, &smb1.NegotiateResponse{WordCount: 1, DialectIndex: smb1.NoDialect}), check.Start
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool { return f.Dialect == "2.0.2" }, err: "multi-protocol negotiate"},
		{name: "SMB 1 refused for another reason", change: func(s *server) { s.mode, s.smb1 = 3, status1(0xc000000d) },
			outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.SMB1.Offered == nil }, err: "0xc000000d"},
		{name: "half an SMB 1 answer, closed", change: func(s *server) { s.mode, s.smb1 = 3, torn1(check.Closed) },
			outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.SMB1.Offered == nil }, err: "smb1 negotiate: the peer closed"},
		{name: "half an SMB 1 answer, reset", change: func(s *server) { s.mode, s.smb1 = 3, torn1(check.Reset) },
			outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.SMB1.Offered == nil }, err: "smb1 negotiate: the peer reset"},
		{name: "SMB 1 without a dialect", change: func(s *server) {
			s.mode = 3
			s.smb1 = func([]byte) ([]byte, check.Cause) {
				return smb1.AppendNegotiateResponse(nil, &smb1.NegotiateResponse{WordCount: 1, DialectIndex: smb1.NoDialect}), check.Start
			}
		}, outcome: signet.Answered, verdict: signet.Guarded, expect: func(f *Facts) bool { return isNot(f.SMB1.Offered) }},
		{name: "SMB 1 answered in SMB 2", change: func(s *server) {
			s.mode = 3
			s.smb1 = func([]byte) ([]byte, check.Cause) { return s.answer(0, smb2.DialectWildcard), check.Start }
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.SMB1.Offered == nil }, err: "smb1"},
		{name: "SMB 1 in silence", change: func(s *server) {
			s.mode = 3
			s.smb1 = func([]byte) ([]byte, check.Cause) { return nil, check.Start }
		}, outcome: signet.Answered, verdict: signet.Undetermined, err: "smb1 negotiate: no answer in time"},
		{name: "SMB 1 not asked", flags: "no-smb1", change: func(s *server) { s.mode = 3 }, outcome: signet.Answered, verdict: signet.Guarded,
			expect: func(f *Facts) bool { return f.SMB1.Offered == nil }},
		{name: "SMB 1 open", change: func(s *server) { s.mode, s.smb1 = 3, speaks1(0x07) }, outcome: signet.Answered, verdict: signet.Exposed,
			expect: func(f *Facts) bool {
				return is(f.SMB1.Offered) && f.SMB1.Signing == signet.Optional && f.SMB1.NativeOS == "Windows 5.1"
			}},
		{name: "SMB 1 alone", host: func(s *server) host {
			s.smb1 = speaks1(0x03)
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if _, err := smb2.ParseHeader(sent[4:]); err == nil {
					return nil, check.Closed
				}
				return s.smb1(sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool {
			return isNot(f.SMB2Offered) && f.Dialect == "1.0" && f.Signing == signet.Unknown && f.SMB1.Signing == signet.Off && f.SMB1.NativeOS == "Windows 5.1" && f.NTLM != nil
		}},
		{name: "SMB 1 alone, SMB 2 in silence", host: func(s *server) host {
			s.smb1 = speaks1(0x0f)
			return host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
				if _, err := smb2.ParseHeader(sent[4:]); err == nil {
					return nil, check.Start
				}
				return s.smb1(sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Guarded, expect: func(f *Facts) bool { return isNot(f.SMB2Offered) }},
		{name: "resets a bare SMB 2 negotiate", change: func(s *server) { s.dialects = native()[:2] }, host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				hd, err := smb2.ParseHeader(sent[4:])
				if err == nil && hd.Command == 0 && hd.MessageID == 0 {
					return nil, check.Reset
				}
				if err != nil && contains(sent, []byte("SMB 2.???")) {
					return s.answer(0, smb2.DialectWildcard), check.Start
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Exposed, expect: func(f *Facts) bool {
			return f.Dialect == "2.1" && isNot(f.SMB1.Offered) && f.NTLMOffer == ntlmProven
		}},
		{name: "closes after each refusal", change: func(s *server) { s.dialects = native()[4:] }, host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if hd, err := smb2.ParseHeader(sent[4:]); err == nil && hd.Command == 0 && hd.MessageID > 0 {
					return nil, check.Closed
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Guarded, expect: func(f *Facts) bool { return f.DialectFloor == top }},
		{name: "closes on every single dialect", host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if hd, err := smb2.ParseHeader(sent[4:]); err == nil && hd.Command == 0 && len(offers(sent[4:])) == 1 {
					return nil, check.Closed
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return slices.Contains(f.Undecided, askFloor) }, err: "smb2 dialects"},
		{name: "closes on 2.0.2 alone, refuses the others below 3.1.1", change: func(s *server) { s.dialects = native()[4:] }, host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if hd, err := smb2.ParseHeader(sent[4:]); err == nil && hd.Command == 0 && slices.Equal(offers(sent[4:]), native()[:1]) {
					return nil, check.Closed
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.DialectFloor == "" }, err: "smb2 dialects"},
		{name: "gone before the climb", host: func(s *server) host {
			h := s.host()
			h.before = map[string]check.Cause{noteClimb: check.NoAnswer}
			return h
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return slices.Contains(f.Undecided, askFloor) }, err: "connect"},
		{name: "closes at the session setup", host: func(s *server) host {
			h := s.host()
			return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
				if hd, err := smb2.ParseHeader(sent[4:]); err == nil && hd.Command == 1 {
					return nil, check.Closed
				}
				return h.say(note, sent)
			}}
		}, outcome: signet.Answered, verdict: signet.Undetermined, expect: func(f *Facts) bool { return f.NTLMOffer == ntlmOffered }, err: "smb2 session setup"},
		{name: "immediate close", host: always("", check.Closed), outcome: signet.Broken, err: "closed"},
		{name: "immediate reset", host: always("", check.Reset), outcome: signet.Broken, err: "reset"},
		{name: "silence", host: always("", check.Start), outcome: signet.Silent, err: "no answer in time"},
		{name: "half an answer", host: always("\x00\x00\x01\x00\xfeSMB", check.Start), outcome: signet.Broken, err: "no answer in time"},
		{name: "half an answer, closed", host: always("\x00\x00\x01\x00\xfeSMB", check.Closed), outcome: signet.Broken, err: "closed"},
		{name: "16 MiB announced", host: always("\x00\xff\xff\xff", check.Start), outcome: signet.Broken, err: "16777215 bytes"},
		{name: "TLS", host: always("\x15\x03\x03\x00\x02\x02\x28", check.Closed), outcome: signet.Foreign, err: "TLS"},
		{name: "HTTP", host: always("HTTP/1.1 400 Bad Request\r\n\r\n", check.Closed), outcome: signet.Foreign, err: "HTTP"},
		{name: "SSH", host: always("SSH-2.0-x\r\n", check.Start), outcome: signet.Foreign, err: "SSH"},
		{name: "three bytes of something", host: always("\x7f\x00\x01", check.Closed), outcome: signet.Foreign, err: "7f0001"},
		{name: "nine bytes of something", host: always("\x7f\x00\x01\x02\x03\x04\x05\x06\x07", check.Start), outcome: signet.Foreign, err: "7f00010203040506"},
		{name: "a negative session response instead of a message", host: always("\x83\x00\x00\x01\x8f", check.Start), outcome: signet.Broken, err: "this address is refused: a negative session response (unspecified error)"},
		{name: "a name that is not present instead of a message", host: always("\x83\x00\x00\x01\x82", check.Start), outcome: signet.Broken, err: "this address is refused: a negative session response (called name not present)"},
		{name: "a positive session response instead of a message", host: always("\x82\x00\x00\x00", check.Start), outcome: signet.Broken, err: "type 0x82"},
		{name: "a frame of nothing", host: always("\x00\x00\x00\x00", check.Closed), outcome: signet.Broken, err: "0 bytes"},
		{name: "garbage in a frame", host: always("\x00\x00\x00\x08garbage!", check.Closed), outcome: signet.Broken, err: "start with 67617262"},
		{name: "keep-alives without end", host: always(strings.Repeat("\x85\x00\x00\x00", 999), check.Closed), outcome: signet.Broken, err: "closed"},
		{name: "refused", host: func(*server) host { return host{before: map[string]check.Cause{noteSMB1: check.Rejected}} }, outcome: signet.Refused, err: "refused"},
		{name: "dark", host: func(*server) host { return host{before: map[string]check.Cause{noteSMB1: check.NoAnswer}} }, outcome: signet.Silent, err: "in time"},
		{name: "excluded", host: func(*server) host { return host{before: map[string]check.Cause{noteSMB1: check.Denied}} }, outcome: signet.Withheld, err: "scope"},
		{name: "quick, refuses the contexts", flags: "quick", change: func(s *server) { s.dialects = nil }, outcome: signet.Answered, verdict: signet.Undetermined,
			expect: func(f *Facts) bool { return f.SMB2Offered == nil }, err: "STATUS_NOT_SUPPORTED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := windows()
			if c.change != nil {
				c.change(s)
			}
			h := s.host()
			if c.host != nil {
				h = c.host(s)
			}
			got := interviewOf(t, 445, flags(c.flags), h)
			r := got.result
			if r.Outcome != c.outcome || got.judged.Verdict != c.verdict {
				t.Errorf("%s and %s, want %s and %s: %q, attempts %q", r.Outcome, got.judged.Verdict, c.outcome, c.verdict, got.judged.Because, got.notes)
			}
			if c.outcome == signet.Foreign && len(got.notes) != 1 {
				t.Errorf("a peer of another protocol was asked on: %q", got.notes)
			}
			if strings.Contains(c.err, "this address is refused") && len(got.notes) != 1 {
				t.Errorf("a peer that refuses us was asked on: %q", got.notes)
			}
			if (c.outcome == signet.Answered) != (r.Facts != nil) {
				t.Errorf("facts %v", r.Facts)
			}
			if c.expect != nil && !c.expect(got.facts) {
				t.Errorf("facts %s", got.facts.AppendJSON(nil))
			}
			text := ""
			if r.Err != nil {
				text = r.Err.Phase + ": " + r.Err.Text
			}
			if c.err == "" && text != "" || !strings.Contains(text, c.err) {
				t.Errorf("error %q, want %q in it", text, c.err)
			}
		})
	}
}

// A server that looks like Samba gets one anonymous session, and only where the depth allows it.
func TestAnonymousSession(t *testing.T) {
	const denied, taken, failed = smb2.StatusAccessDenied, smb2.StatusSuccess, smb2.StatusLogonFailure
	for _, c := range []struct {
		flags, guid string
		status      uint32
		sent        int
		verdict     signet.Verdict
		unasked     string
	}{
		{"", "fileserver", denied, 2, signet.Undetermined, ""}, // no other sign of Samba: it may refuse nobody for its own reasons
		{"", "fileserver", taken, 1, signet.Exposed, ""},
		{"", "fileserver", failed, 1, signet.Undetermined, ""},
		{"handshake", "fileserver", denied, 0, signet.Exposed, askEncryption},
		{"", "\x01\x02", denied, 0, signet.Exposed, ""},
		{"", "", denied, 0, signet.Exposed, ""},
		{"quick", "fileserver", denied, 0, signet.Exposed, "smb1 dialect-floor encryption names"},
	} {
		s := windows()
		s.guid = [16]byte{}
		copy(s.guid[:], c.guid)
		sent := 0
		s.setup = func(token []byte, d uint16) smb2.SessionSetupResponse {
			if !isAnonymous(token) {
				return challengeAll(token, d)
			}
			sent++
			return smb2.SessionSetupResponse{Status: c.status}
		}
		got := interviewOf(t, 445, flags(c.flags), s.host())
		if sent != c.sent || got.judged.Verdict != c.verdict || strings.Join(got.result.Unasked, " ") != c.unasked {
			t.Errorf("%+v: %d anonymous sessions, %s, unasked %q", c, sent, got.judged.Verdict, got.result.Unasked)
		}
	}
}

// Port 139 wants a session request first, and perhaps the server's own name.
func TestNetBIOS(t *testing.T) {
	status := netbios.AppendStatus(nil, netbios.Status{ID: 0, Names: []netbios.StatusName{
		{Name: netbios.NewName("WORK", 0), Flags: 0x8400}, {Name: netbios.NewName("OLDBOX", netbios.SuffixFileServer), Flags: 0x0400},
	}})
	const lateNotes = "smb2 negotiate, netbios node status"
	for _, c := range []struct {
		name    string
		reply   func(called string) string
		status  []byte
		notes   string
		outcome signet.Outcome
		err     string
	}{
		{"takes any name", func(string) string { return "\x82\x00\x00\x00" }, nil, "smb2 negotiate, smb1 negotiate, smb2 negotiate again", signet.Answered, ""},
		{"positive reply with a body", func(string) string { return "\x82\x00\x00\x05abcde" }, nil, "smb2 negotiate, smb1 negotiate, smb2 negotiate again", signet.Answered, ""},
		{"wants its own name", func(called string) string {
			if called == "OLDBOX" {
				return "\x82\x00\x00\x00"
			}
			return "\x83\x00\x00\x01\x82"
		}, status, "smb2 negotiate, netbios node status, smb2 negotiate, smb1 negotiate, smb2 negotiate again", signet.Answered, ""},
		{"wants a name it does not tell", func(string) string { return "\x83\x00\x00\x01\x82" }, nil, "smb2 negotiate, netbios node status", signet.Broken, "called name not present"},
		{"is answered for another", func(string) string { return "\x83\x00\x00\x01\x82" }, status, lateNotes, signet.Broken, "called name not present"},
		{"refuses its own name too", func(string) string { return "\x83\x00\x00\x01\x80" }, status, "smb2 negotiate, netbios node status, smb2 negotiate", signet.Broken, "not listening on called name"},
		{"has no room", func(string) string { return "\x83\x00\x00\x01\x83" }, status, "smb2 negotiate", signet.Broken, "insufficient resources"},
		{"points elsewhere", func(string) string { return "\x84\x00\x00\x06\x0a\x00\x00\x01\x00\x8b" }, status, "smb2 negotiate", signet.Broken, "another address"},
		{"answers with a message", func(string) string { return "\x00\x00\x00\x04\xfeSMB" }, nil, "smb2 negotiate, smb1 negotiate", signet.Broken, "session response"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := windows()
			s.mode = 3
			inner := s.host()
			h := host{before: map[string]check.Cause{}, say: func(note string, sent []byte) ([]byte, check.Cause) {
				if note == noteStatus {
					if c.notes == lateNotes { // an answer to somebody else's query
						return append([]byte{sent[0] ^ 1, sent[1]}, c.status[2:]...), check.Start
					}
					return append(append([]byte(nil), sent[:2]...), c.status[2:]...), check.Start
				}
				if sent[0] == netbios.SessionRequest {
					return []byte(c.reply(calledName(sent))), check.Start
				}
				return inner.say(note, sent)
			}}
			if c.status == nil {
				h.before[noteStatus] = check.Stalled
			}
			got := interviewOf(t, 139, flags(), h)
			if n := strings.Join(got.notes, ", "); n != c.notes {
				t.Errorf("attempts %q, want %q", n, c.notes)
			}
			if got.result.Outcome != c.outcome {
				t.Errorf("outcome %s, want %s", got.result.Outcome, c.outcome)
			}
			if c.outcome == signet.Answered {
				if got.facts.Transport != "netbios" || got.judged.Verdict != signet.Guarded {
					t.Errorf("%s %s", got.facts.Transport, got.judged.Verdict)
				}
			} else if got.result.Err == nil || !strings.Contains(got.result.Err.Text, c.err) {
				t.Errorf("error %+v, want %q in it", got.result.Err, c.err)
			}
		})
	}
}

// calledName decodes the first name of a session request.
func calledName(sent []byte) string {
	var n netbios.Name
	for i := range n {
		n[i] = (sent[5+2*i]-'A')<<4 | (sent[6+2*i] - 'A')
	}
	return n.String()
}

// A fingerprint never rests on one field: whoever lacks one sign, or has one of somebody else's, is nobody known.
func TestMaker(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Facts)
		want   maker
		maybe  bool // it is asked for an anonymous session as Samba is
	}{
		{"Windows", asWindows, makerWindows, false},
		{"Windows 10 1507", func(f *Facts) { asWindows(f); f.NTLM.OSVersion = "10.0.10240" }, makerWindows, false},
		{"Windows 8.1", func(f *Facts) { asWindows(f); f.NTLM.OSVersion = "6.3.9600" }, makerUnknown, false},
		{"a build of no Windows", func(f *Facts) { asWindows(f); f.NTLM.OSVersion = "10.0.0" }, makerUnknown, false},
		{"Windows without NEGOEX", func(f *Facts) { asWindows(f); f.Mechanisms = []string{"kerberos", "ntlm"} }, makerUnknown, false},
		{"Windows without NTLM", func(f *Facts) { asWindows(f); f.Mechanisms = []string{"negoex", "kerberos"} }, makerUnknown, false},
		{"Windows without a name", func(f *Facts) { asWindows(f); f.NTLM.NBComputer = "" }, makerUnknown, false},
		{"Windows without a DNS name", func(f *Facts) { asWindows(f); f.NTLM.DNSComputer = "" }, makerUnknown, false},
		{"Windows with a name for a GUID", func(f *Facts) { asWindows(f); f.ServerGUID = GUID{'f', 's', '1'} }, makerUnknown, true},
		{"Samba", asSamba, makerSamba, true},
		{"Samba with NEGOEX", func(f *Facts) { asSamba(f); f.Mechanisms = []string{"negoex", "ntlm"} }, makerUnknown, true},
		{"Samba under another name", func(f *Facts) { asSamba(f); f.NTLM.NBComputer = "FS2" }, makerUnknown, true},
		{"Samba of another version", func(f *Facts) { asSamba(f); f.NTLM.OSVersion = "6.1.7601" }, makerUnknown, true},
		{"Samba's version alone", func(f *Facts) { asSamba(f); f.ServerGUID = GUID{0xd0, 1} }, makerUnknown, true},
		{"a GUID of fifteen letters", func(f *Facts) {
			asSamba(f)
			f.NTLM.NBComputer, f.ServerGUID = "FIFTEENLETTERS1", GUID([]byte("fifteenletters1\x00"))
		}, makerSamba, true},
		{"a GUID of sixteen letters", func(f *Facts) { asSamba(f); f.NTLM = nil; f.ServerGUID = GUID([]byte("SIXTEEN LETTERS!")) }, makerUnknown, false},
		{"a name and more for a GUID", func(f *Facts) { asSamba(f); f.NTLM = nil; f.ServerGUID = GUID{'F', 'S', '1', 0, 1} }, makerUnknown, false},
		{"no challenge", func(f *Facts) { asSamba(f); f.NTLM = nil }, makerUnknown, true},
		{"nothing", func(*Facts) {}, makerUnknown, false},
	} {
		var f Facts
		c.change(&f)
		if f.maker() != c.want || f.maybeSamba() != c.maybe {
			t.Errorf("%s: %s, perhaps Samba: %v", c.name, f.maker(), f.maybeSamba())
		}
	}
}

// A run that ends, or may not go on, opens no further connection.
func TestStops(t *testing.T) {
	for _, cause := range []check.Cause{check.Interrupted, check.Denied} {
		h := windows().host()
		h.before = map[string]check.Cause{noteSMB1: cause}
		if got := interviewOf(t, 445, flags(), h); len(got.notes) != 1 {
			t.Errorf("%v: %q", cause, got.notes)
		}
		h.before = map[string]check.Cause{noteOpening: cause}
		if got := interviewOf(t, 445, flags(), h); len(got.notes) != 2 {
			t.Errorf("%v: %q", cause, got.notes)
		}
	}
}

// An interview that is cut short says what it knows, and counts nothing as safe that it had still to ask.
func TestInterrupted(t *testing.T) {
	s := windows()
	s.smb1 = speaks1(0x0f)
	h := s.host()
	h.before = map[string]check.Cause{noteOpening: check.Interrupted}
	got := interviewOf(t, 445, flags(), h)
	if got.judged.Verdict != signet.Undetermined || !slices.Contains(got.facts.Undecided, askSMB2) {
		t.Errorf("%s: %s", got.judged.Verdict, got.facts.AppendJSON(nil))
	}
}

// A host that listened to the question about SMB 1 and refuses the next connection is no closed port.
func TestRefusesTheSecondConnection(t *testing.T) {
	for cause, text := range map[check.Cause]string{check.Rejected: "refused", check.NoAnswer: "in time", check.Unroutable: "no route"} {
		h := windows().host()
		h.before = map[string]check.Cause{noteOpening: cause}
		got := interviewOf(t, 445, flags(), h)
		if got.result.Outcome != signet.Broken || got.result.Err == nil || !strings.Contains(got.result.Err.Text, text) {
			t.Errorf("%v: %s, %+v", cause, got.result.Outcome, got.result.Err)
		}
		s := windows()
		s.smb1 = speaks1(0x0f)
		h = s.host()
		h.before = map[string]check.Cause{noteOpening: cause}
		if got := interviewOf(t, 445, flags(), h); got.judged.Verdict != signet.Undetermined || got.result.Outcome != signet.Answered {
			t.Errorf("%v, SMB 1 answered: %s, %s", cause, got.result.Outcome, got.judged.Verdict)
		}
	}
}

// A connection that is refused in the climb refuses no dialect.
func TestRefusedInTheClimb(t *testing.T) {
	s := windows()
	s.dialects = native()[4:]
	inner, climbs := s.host(), 0
	got := interviewOf(t, 445, flags(), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		if h, err := smb2.ParseHeader(sent[4:]); note == noteClimb && err == nil && h.MessageID == 0 {
			if climbs++; climbs == 1 {
				return []byte("\x83\x00\x00\x01\x8f"), check.Start
			}
		}
		return inner.say(note, sent)
	}})
	if got.judged.Verdict != signet.Undetermined || got.facts.DialectFloor != "" {
		t.Errorf("%s, floor %q: %q", got.judged.Verdict, got.facts.DialectFloor, got.notes)
	}
}

// A quick scan is one connection and one round trip, whatever comes back.
func TestQuickIsOneRoundTrip(t *testing.T) {
	for _, dialects := range [][]uint16{native(), nil} {
		s, sent := windows(), 0
		s.dialects = dialects
		inner := s.host()
		got := interviewOf(t, 445, flags("quick"), host{say: func(note string, b []byte) ([]byte, check.Cause) {
			sent++
			return inner.say(note, b)
		}})
		if sent != 1 || len(got.notes) != 1 || got.result.Outcome != signet.Answered {
			t.Errorf("%d messages on %d connections, %s", sent, len(got.notes), got.result.Outcome)
		}
	}
}

// A server of SMB 1 alone closes on the one question of a quick scan: that SMB 1 was not asked about has to be said.
func TestQuickSaysWhatItLeftOut(t *testing.T) {
	got := interviewOf(t, 445, flags("quick"), host{say: func(string, []byte) ([]byte, check.Cause) { return nil, check.Closed }})
	if got.result.Outcome != signet.Broken || !slices.Contains(got.result.Unasked, askSMB1) {
		t.Errorf("%s, unasked %q", got.result.Outcome, got.result.Unasked)
	}
	got = interviewOf(t, 445, flags("quick"), host{before: map[string]check.Cause{noteOpening: check.Rejected}})
	if got.result.Outcome != signet.Refused || len(got.result.Unasked) > 0 {
		t.Errorf("%s, unasked %q", got.result.Outcome, got.result.Unasked)
	}
}

// Every connection gets random bytes of its own.
func TestRandomPerConnection(t *testing.T) {
	s := windows()
	s.dialects = native()[4:]
	inner := s.host()
	seen := map[string]bool{}
	interviewOf(t, 445, flags("deep"), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		if h, err := smb2.ParseHeader(sent[4:]); err == nil && h.Command == smb2.CommandNegotiate {
			guid := string(sent[4+smb2.HeaderSize+12:][:16])
			if seen[guid] || guid == strings.Repeat("\x00", 16) {
				t.Errorf("client GUID %x again", guid)
			}
			seen[guid] = true
		}
		return inner.say(note, sent)
	}})
	if len(seen) < 3 {
		t.Errorf("%d negotiates", len(seen))
	}
}
