package smb

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
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
				if bytes.Contains(sent, []byte("SMB 2.???")) {
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
				if sent[4] == 0xff && !bytes.Contains(sent, []byte("SMB 2.???")) {
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
				if err != nil && bytes.Contains(sent, []byte("SMB 2.???")) {
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
