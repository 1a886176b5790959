package ldap

import (
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	wire "signet/internal/wire/ldap"
)

// What a server says to StartTLS: offered, refused for good, refused for want of a certificate, or nothing that lasts.
// Only a refusal that lasts closes the way.
func TestStartTLSAnswers(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		code        wire.ResultCode
		offered     *bool
		certificate string
		verdict     signet.Verdict
		attempts    int
		says        string
	}{
		{0, &yes, certOK, signet.Guarded, 2, "even behind StartTLS"},
		{2, &no, certUnknown, signet.Guarded, 2, "the server does not offer StartTLS (result 2, protocolError)"},
		{53, &no, certUnknown, signet.Guarded, 2, "the server does not offer StartTLS (result 53, unwillingToPerform)"},
		{52, &no, certMissing, signet.Guarded, 3, "the server refuses StartTLS (result 52, unavailable), likely because it has no certificate"},
		{1, &no, certMissing, signet.Guarded, 3, "the server refuses StartTLS (result 1, operationsError), likely because it has no certificate"},
		{51, nil, certUnknown, signet.Undetermined, 3, "the server did not say whether it offers StartTLS: result 51, busy"},
		{80, nil, certUnknown, signet.Undetermined, 2, "the server did not say whether it offers StartTLS: result 80, other"},
		{10, nil, certUnknown, signet.Undetermined, 2, "the server did not say whether it offers StartTLS: result 10, referral"},
	} {
		fake := dc{capabilities: ad(), startTLS: c.code, last: answers(askAnonymous, result(8, ""))}
		r, log := hold(t, 389, depth(signet.Anonymous), server{reply: fake.reply})
		f := r.Facts.(*Facts)
		j := judge(f)
		if (f.StartTLS == nil) != (c.offered == nil) || f.StartTLS != nil && *f.StartTLS != *c.offered || f.Certificate != c.certificate {
			t.Errorf("%d: offered %v, certificate %s", c.code, f.StartTLS, f.Certificate)
		}
		if j.Verdict != c.verdict || len(log) != c.attempts || !strings.Contains(strings.Join(j.Because, "; "), c.says) {
			t.Errorf("%d: %v after %q, because %q", c.code, j.Verdict, notes(log), j.Because)
		}
	}
	// One that hangs up on it, twice, was asked.
	cut := func(m wire.Message) []byte {
		if m.Op == wire.OpExtendedRequest {
			return nil
		}
		return dc{capabilities: ad(), last: answers(askAnonymous, result(8, ""))}.reply(m)
	}
	r, log := hold(t, 389, depth(signet.Anonymous), server{reply: cut, end: check.Reset})
	if j := judge(r.Facts.(*Facts)); len(log) != 3 || r.Unasked != nil || j.Verdict != signet.Undetermined || !strings.Contains(j.Because[0], "offers StartTLS: the peer reset the connection") {
		t.Errorf("reset: %v, unasked %q, after %q, because %q", j.Verdict, r.Unasked, notes(log), j.Because)
	}
	// A server that was busy and then goes on is judged by what it said last.
	busy := dc{capabilities: ad(), startTLS: 51, last: answers(askAnonymous, result(8, ""))}
	calm := dc{capabilities: ad(), last: answers(askAnonymous, result(8, ""))}
	r, _ = hold(t, 389, depth(signet.Anonymous), server{reply: busy.reply}, server{reply: busy.reply}, server{reply: calm.reply})
	if f := r.Facts.(*Facts); f.StartTLS == nil || !*f.StartTLS || r.Err != nil || judge(f).Verdict != signet.Guarded {
		t.Errorf("busy, then calm: %+v, error %v", f.Binds, r.Err)
	}
}

// A verdict that stays open for want of depth ends withheld, whatever else is known of the endpoint.
func TestWithheldStartTLS(t *testing.T) {
	fake := dc{capabilities: ad(), last: answers(askAnonymous, result(0, ""))}
	strict := dc{capabilities: ad(), last: answers(askAnonymous, result(8, ""))}
	behind := func(first, second dc) []server { return []server{{reply: first.reply}, {reply: second.reply}} }
	for _, c := range []struct {
		name    string
		servers []server
		outcome signet.Outcome
		verdict signet.Verdict
	}{
		{"signing required, StartTLS to be told", behind(strict, fake), signet.Withheld, signet.Undetermined},
		{"signing not required, StartTLS to be told", behind(fake, fake), signet.Answered, signet.Exposed},
		{"signing required on both", behind(strict, strict), signet.Answered, signet.Guarded},
	} {
		r, log := hold(t, 389, depth(signet.Anonymous), c.servers...)
		if j := judge(r.Facts.(*Facts)); r.Outcome != c.outcome || j.Verdict != c.verdict {
			t.Errorf("%s: %v and %v after %q, because %q", c.name, r.Outcome, j.Verdict, notes(log), j.Because)
		}
	}
}
