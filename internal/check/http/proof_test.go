package http

import (
	"slices"
	"strings"
	"testing"

	"signet"
)

// What §2.1 of the protocol notes says of each answer to an NTLM message.
func TestProofs(t *testing.T) {
	const path = "GET /certsrv/certfnsh.asp"
	tests := []struct {
		name               string
		plain              string
		ntlm, nego, spnego string // answers to the NTLM message; "": as plain, "close": none
		offer              Offer
		negotiate          Negotiate
		verdict            signet.Verdict
	}{
		{"type 2 under NTLM and Negotiate", windows401, challenge("NTLM"), challenge("Negotiate"), "", OfferProven, NegotiateAcceptsNTLM, signet.Exposed},
		{"Negotiate alone carries raw NTLM", nego401, "", challenge("Negotiate"), "", OfferProven, NegotiateAcceptsNTLM, signet.Exposed},
		{"Negotiate alone carries wrapped NTLM", nego401, "", "", challenge("Negotiate"), OfferProven, NegotiateAcceptsNTLM, signet.Exposed},
		{"Negotiate that rejects is Kerberos", nego401, "", "", reject401, OfferNo, NegotiateKerberosOnly, signet.Guarded},
		{"bare Negotiate to both is Kerberos", nego401, "", "", "", OfferNo, NegotiateKerberosOnly, signet.Guarded},
		{"NTLM announced, nothing behind it", windows401, "", "", "", OfferAnnounced, NegotiateUnknown, signet.Undetermined},
		{"NTLM proven, Negotiate for Kerberos", windows401, challenge("NTLM"), "", reject401, OfferProven, NegotiateKerberosOnly, signet.Exposed},
		{"Basic alone", basic401, "", "", "", OfferNo, NegotiateAbsent, signet.Guarded},
		{"Basic announced, NTLM taken", basic401, challenge("NTLM"), "", "", OfferProven, NegotiateAbsent, signet.Exposed},
		{"Basic, and 400 to NTLM decides nothing", basic401, "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", "", "", OfferUnknown, NegotiateAbsent, signet.Undetermined},
		{"Negotiate, and 500 decides nothing", nego401, "", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", OfferUnknown, NegotiateUnknown, signet.Undetermined},
		{"Negotiate, and no answer decides nothing", nego401, "close", "close", "close", OfferUnknown, NegotiateUnknown, signet.Undetermined},
		{"Negotiate with a token of no meaning", nego401, "", "HTTP/1.1 401 U\r\nWWW-Authenticate: Negotiate AAAA\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 401 U\r\nWWW-Authenticate: Negotiate !\r\nContent-Length: 0\r\n\r\n", OfferUnknown, NegotiateUnknown, signet.Undetermined},
		{"our own type 1 comes back, as from an echoing front end", windows401, "HTTP/1.1 401 U\r\nWWW-Authenticate: NTLM TlRMTVNTUAABAAAABYKIogAAAAAoAAAAAAAAACgAAAAKAGFKAAAADw==\r\nContent-Length: 0\r\n\r\n", "", "", OfferAnnounced, NegotiateUnknown, signet.Undetermined},
		{"type 2 in a folded field, after Basic (RFC 9110 §5.5, obs-fold)", basic401, "HTTP/1.1 401 U\r\nWWW-Authenticate: Basic realm=\"x\",\r\n NTLM " + type2 + "\r\nContent-Length: 0\r\n\r\n", "", "", OfferProven, NegotiateAbsent, signet.Exposed},
		{"Negotiate rejects raw NTLM and takes it wrapped", nego401, "", reject401, challenge("Negotiate"), OfferProven, NegotiateAcceptsNTLM, signet.Exposed},
		{"Negotiate rejects raw NTLM and drops it wrapped", nego401, "", reject401, "close", OfferUnknown, NegotiateUnknown, signet.Undetermined},
		{"Negotiate drops raw NTLM and rejects it wrapped", nego401, "", "close", reject401, OfferUnknown, NegotiateUnknown, signet.Undetermined},
		{"Negotiate rejects, and NTLM challenges in the next line", windows401, "", strings.Replace(challenge("NTLM"), "WWW", "WWW-Authenticate: Negotiate oQcwBaADCgEC\r\nWWW", 1), "", OfferProven, NegotiateAcceptsNTLM, signet.Exposed},
		{"an empty page, and NTLM announced to whoever sends it", page200, windows401, windows401, windows401, OfferAnnounced, NegotiateUnknown, signet.Undetermined},
		{"type 2 under 200", page200, strings.Replace(challenge("NTLM"), "401 Unauthorized", "200 OK", 1), "", "", OfferProven, NegotiateAbsent, signet.Exposed},
		{"type 2 under 403", windows401, strings.Replace(challenge("NTLM"), "401 Unauthorized", "403 Forbidden", 1), "", "", OfferProven, NegotiateUnknown, signet.Exposed},
		{"type 2 under 500", windows401, strings.Replace(challenge("NTLM"), "401 Unauthorized", "500 Oops", 1), "", "", OfferProven, NegotiateUnknown, signet.Exposed},
		{"503 is no answer", status("503 Service Unavailable"), "", "", "", OfferUnknown, NegotiateAbsent, signet.Undetermined},
		{"500 is no answer", status("500 Internal Server Error"), "", "", "", OfferUnknown, NegotiateAbsent, signet.Undetermined},
		{"400 is no answer", status("400 Bad Request"), "", "", "", OfferUnknown, NegotiateAbsent, signet.Undetermined},
		{"429 is no answer", status("429 Too Many Requests"), "", "", "", OfferUnknown, NegotiateAbsent, signet.Undetermined},
		{"403 to everybody", status("403 Forbidden"), "", "", "", OfferNo, NegotiateAbsent, signet.Unseen},
		{"Negotiate:Kerberos", strings.Replace(nego401, "Negotiate", "Negotiate:Kerberos", 1), "", "", "", OfferNo, NegotiateKerberosOnly, signet.Guarded},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answers: map[string]string{"GET /": page200, "*": page404, path: test.plain}}
			for scheme, answer := range map[string]string{"NTLM": test.ntlm, "Negotiate": test.nego, "SPNEGO": test.spnego} {
				if answer != "" {
					f.answers[path+" as "+scheme] = answer
				}
			}
			r := f.run(t, 80, nil)
			p := pathFacts(t, r, "/certsrv/certfnsh.asp")
			if p.NTLM != test.offer || p.Negotiate != test.negotiate || verdict(t, r) != test.verdict {
				t.Errorf("ntlm %v, negotiate %v, %v; want %v, %v, %v\n%v", p.NTLM, p.Negotiate, verdict(t, r), test.offer, test.negotiate, test.verdict, f)
			}
			if test.offer == OfferProven && r.Facts.(*Facts).NTLM.OSVersion != "10.0.19041" {
				t.Errorf("names %+v", r.Facts.(*Facts).NTLM)
			}
		})
	}
}

// status is an empty answer.
func status(line string) string { return "HTTP/1.1 " + line + "\r\nContent-Length: 0\r\n\r\n" }

// AD CS may allow anonymous requests and take NTLM all the same: on IIS it is asked without a header.
func TestNTLMWithoutAHeader(t *testing.T) {
	iis := strings.Replace(page200, "\r\n", "\r\nServer: Microsoft-IIS/10.0\r\n", 1)
	f := &fake{answers: map[string]string{"GET /": iis, "GET /certsrv/": page200, "GET /certsrv/ as NTLM": challenge("NTLM"), "*": page404}}
	r := f.run(t, 80, nil)
	if p := pathFacts(t, r, "/certsrv/"); p.NTLM != OfferProven || len(p.Schemes) != 0 || verdict(t, r) != signet.Exposed {
		t.Errorf("%+v, %v", p, verdict(t, r))
	}
	if p := pathFacts(t, r, "/certsrv/mscep/"); p.NTLM != OfferNo || slices.Contains(f.log, "GET /certsrv/mscep/ as NTLM") {
		t.Errorf("nothing is there to relay to: %+v", p)
	}
}

// Nor has the CA to say that it is one: it has enrolment pages and lacks others, unlike a server that answers all alike.
func TestNTLMOfAServerWithoutAName(t *testing.T) {
	f := &fake{answers: map[string]string{"GET /": page200, "GET /certsrv/": page200, "GET /certsrv/certfnsh.asp": page200, "GET /certsrv/certfnsh.asp as NTLM": challenge("NTLM"), "*": page404}}
	if r := f.run(t, 80, nil); pathFacts(t, r, "/certsrv/certfnsh.asp").NTLM != OfferProven || verdict(t, r) != signet.Exposed {
		t.Errorf("%v: %s", verdict(t, r), r.Facts.AppendJSON(nil))
	}
	powered := strings.Replace(page200, "\r\n", "\r\nX-Powered-By: ASP.NET\r\n", 1)
	f = &fake{answers: map[string]string{"GET /": powered, "GET /certsrv/": page200, "GET /certsrv/ as NTLM": challenge("NTLM"), "*": page404}}
	if r := f.run(t, 80, nil); pathFacts(t, r, "/certsrv/").NTLM != OfferProven || verdict(t, r) != signet.Exposed {
		t.Errorf("powered by ASP.NET: %v: %s", verdict(t, r), r.Facts.AppendJSON(nil))
	} else if !slices.Contains(r.Unasked, "adcs-ces") {
		t.Errorf("nobody named the CA, and unasked is %q", r.Unasked)
	}
	f = &fake{answers: map[string]string{"*": page200}}
	if f.run(t, 80, nil); len(f.log) > ordinaryRequests {
		t.Errorf("a server that answers all alike was asked on: %v", f)
	}
}

func TestLostProofIsAskedTwice(t *testing.T) {
	f := &fake{answers: map[string]string{"GET /": page200, "GET /certsrv/": nego401, "GET /certsrv/ as Negotiate": challenge("Negotiate"), "*": page404},
		resets: map[string]int{"GET /certsrv/ as Negotiate": 1}}
	if p := pathFacts(t, f.run(t, 80, nil), "/certsrv/"); p.NTLM != OfferProven {
		t.Errorf("%+v, %v", p, f)
	}
}

// A balancer without affinity in front of IIS with the NTLM provider alone (no
// product in particular): the exchange is lost on one connection and found on the next. A server with nothing behind
// its header costs one request more, not one a path.
func TestAnnouncedNTLMIsAskedTwice(t *testing.T) {
	const ntlm401 = "HTTP/1.1 401 Unauthorized\r\nServer: nginx\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	f := &fake{answers: map[string]string{"GET /": ntlm401, "*": page404, "GET / as NTLM": challenge("NTLM")}, lost: map[string]int{"GET / as NTLM": 1}}
	r := f.run(t, 80, nil)
	if p := pathFacts(t, r, "/"); p.NTLM != OfferProven || verdict(t, r) != signet.Exposed {
		t.Errorf("%v: %+v, %v", f, p, verdict(t, r))
	}
	f = &fake{answers: map[string]string{"*": ntlm401}}
	r = f.run(t, 80, nil)
	asked := 0
	for _, key := range f.log {
		if strings.HasSuffix(key, " as NTLM") {
			asked++
		}
	}
	if asked != 7+1 || verdict(t, r) != signet.Undetermined {
		t.Errorf("%d requests under NTLM, %v: %v", asked, verdict(t, r), f)
	}
}
