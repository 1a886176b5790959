package ldap

import (
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	wire "signet/internal/wire/ldap"
)

// Whatever a peer sends, in whatever pieces, the conversation consumes no more than there is, comes to an end, and
// leaves facts that can be judged.
func FuzzConversation(f *testing.F) {
	d := dc{capabilities: ad(), last: answers(askAnonymous, result(8, ""))}
	search, _, _ := wire.ParseMessage(wire.AppendSearchRoot(nil, 1))
	root := d.reply(search)
	type2 := wire.AppendBindResponse(nil, 2, wire.BindResponse{Result: wire.Result{Code: wire.SaslBindInProgress}, SASLCreds: challenge()})
	f.Add(append(append(append([]byte(nil), root...), type2...), wire.AppendBindResponse(nil, 3, wire.BindResponse{Result: *result(49, textBinding)})...), byte(3), byte(0))
	f.Add(append(append([]byte(nil), root...), type2...), byte(1), byte(1))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n"), byte(9), byte(2))
	f.Add(wire.AppendExtendedResponse(nil, 1, wire.ExtendedResponse{Name: wire.StartTLS}), byte(2), byte(3))
	f.Fuzz(func(t *testing.T, b []byte, piece, kind byte) {
		question := []string{askAnonymous, askDecoyWrong, askDecoyNone, askSimple}[kind%4]
		iv := &interview{options: depth(signet.Decoy), facts: newFacts(), ends: map[ask]check.End{}}
		a := iv.attempt(ask{over: []string{overPlain, overStartTLS}[kind/4%2], question: question, opening: kind%2 == 0})
		p := checktest.Peer{Says: b, Piece: int(piece)%16 + 1, End: check.Closed, TLS: func(*check.TLS) (check.TLSState, error) { return check.TLSState{}, nil }}
		end := p.Hold(t, a)
		iv.file(end)
		if j := judge(&iv.facts); len(j.Because) == 0 {
			t.Fatal("a judgement without a reason")
		}
		iv.talk = nil
		iv.Result()
	})
}
