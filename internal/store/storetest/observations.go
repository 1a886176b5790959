package storetest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"signet"
)

// Started is when the runs of the suite began.
func Started() time.Time { return time.Date(2026, 11, 22, 11, 0, 0, 123456000, time.UTC) }

// Observation makes the i-th observation of a network that looks like one: facts of the size and likeness of a real SMB
// answer, names, failures, transcripts, hostile text. The same i gives the same observation.
func Observation(i int) *signet.Observation {
	r := rand.New(rand.NewPCG(uint64(i), 7))
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], 0x0a000000|uint32(i)*2654435761>>8) // spread, as a seeded order does
	o := &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4(four)}, Port: 445},
		Check:    "smb", CheckVersion: 1, At: Started().Add(time.Duration(i) * 66 * time.Microsecond), Took: time.Duration(r.IntN(9000)) * time.Microsecond,
		Outcome: signet.Answered, Open: true, Connections: r.IntN(3),
	}
	guid := make([]byte, 16)
	for at := range guid {
		guid[at] = byte(r.Uint32())
	}
	facts := fmt.Sprintf(`{"transport":"direct","dialect":"3.1.1","signing":"%s","security_mode":"0x01","smb2_offered":true,"smb1":{"offered":null,"signing":"unknown","dialect":"","security_mode":"","user_level":null,"plaintext":null},"dialects":[],"dialect_floor":"","encryption":["aes-128-gcm","aes-128-ccm","aes-256-gcm","aes-256-ccm"],"encryption_required":null,"signing_algorithms":["aes-gmac"],"compression":false,"capabilities":["dfs","leasing","large-mtu","multi-channel"],"server_guid":"%s","system_time":"2026-11-22T11:%02d:%02d.%07dZ","start_time":"","mechanisms":["negoex","kerberos","ntlm"],"ntlm_offer":"offered","ntlm":null,"undecided":[]}`,
		[]signet.Level{signet.Optional, signet.Required}[r.IntN(2)], hex.EncodeToString(guid), r.IntN(60), r.IntN(60), r.IntN(1e7))
	o.Facts = signet.RawFacts(facts)
	o.Unasked = []string{"smb1", "dialect-floor"}
	o.Trace = []signet.Exchange{{Note: "smb2 negotiate", Sent: append(request(), guid[:8]...), Received: append(answer(), guid...)}}
	switch i % 50 {
	case 3:
		o.Addr = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(i), 14: byte(i >> 8), 13: byte(i >> 16)})
	case 7:
		o.Name = "fs" + fmt.Sprint(i) + ".corp.example"
	case 11:
		o.Outcome, o.Facts, o.Unasked = signet.Broken, nil, nil
		o.Err = &signet.Failure{Phase: "smb2 negotiate", Text: "the peer closed after 3 bytes"}
	case 13:
		o.Outcome, o.Facts, o.Trace, o.Open = signet.Silent, nil, nil, false
		o.Err = &signet.Failure{Phase: "connect", Text: "no answer in 2s"}
	case 16:
		o.Source = "nmap 7.93"
	case 17:
		o.Check, o.CheckVersion, o.Port, o.Transport = "names", 3, 137, signet.UDP
		o.Facts = signet.RawFacts(`{}`)
	case 19:
		o.Name = "</script>\x1b[31m=cmd|'/c calc'\u202e"
		o.Facts = signet.RawFacts(`{"server":"\u001b]0;\u0000 </script> \ud800"}`)
		o.Unasked = []string{"", "with\nline break"}
	}
	return o
}

func request() []byte {
	b, _ := hex.DecodeString("000000d8fe534d4240000000000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000024000500010000007f000000")
	return b
}

func answer() []byte {
	b, _ := hex.DecodeString("00000134fe534d424000000000000000000001000100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004100010011030200")
	return append(b, make([]byte, 180)...)
}
