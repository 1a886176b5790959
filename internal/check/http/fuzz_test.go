package http

import (
	"testing"

	"signet"
)

// FuzzInterview lets a server say anything to a page and anything to an NTLM message: the interview ends within the
// connections that are declared, says exposed only of a challenge that came, and guarded only of pages that were all
// answered and refuted.
func FuzzInterview(f *testing.F) {
	for _, page := range []string{page200, page404, windows401, nego401, basic401, status("503 No"), status("407 P"), "HTTP/1.1 200 OK\r\n", "SSH-2.0-x\r\n"} {
		for _, proof := range []string{"", challenge("NTLM"), challenge("Negotiate"), reject401, status("400 Bad"), "close"} {
			f.Add(uint16(80), page200, page, proof)
			f.Add(uint16(3128), page, page, proof)
		}
	}
	f.Fuzz(func(t *testing.T, port uint16, root, page, proof string) {
		s := &fake{answers: map[string]string{"GET /": root, "*": page}, proof: proof}
		r := s.run(t, port, nil)
		if s.connections > Check().Sends[0].Connections {
			t.Fatalf("%d connections", s.connections)
		}
		facts, ok := r.Facts.(*Facts)
		if r.Outcome != signet.Answered {
			return
		}
		if !ok {
			t.Fatal("answered without facts")
		}
		proven := false
		for _, p := range facts.Paths {
			if p.Role == absent {
				continue
			}
			proven = proven || p.NTLM == OfferProven
			if verdict(t, r) == signet.Guarded && (p.NTLM != OfferNo || p.Status == 0 || p.Status >= 500 && p.Role != "http-proxy") {
				t.Fatalf("guarded: %+v", p)
			}
		}
		if v := verdict(t, r); v == signet.Unseen || v == signet.Guarded {
			for _, p := range facts.Paths {
				if v == signet.Unseen && (p.Status == 401 || p.Status == 407 || p.NTLM != OfferNo) {
					t.Fatalf("unseen: %+v", p)
				}
			}
		}
		if verdict(t, r) == signet.Exposed && !proven {
			t.Fatalf("exposed: %s", facts.AppendJSON(nil))
		}
	})
}
