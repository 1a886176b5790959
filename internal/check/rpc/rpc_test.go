package rpc

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/dcerpc"
)

func TestRecordings(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(paths) < 1 {
		t.Fatalf("%d recordings (%v)", len(paths), err)
	}
	for _, path := range paths {
		res := checktest.Replay(t, Check(), path, checktest.Options())
		if res.Outcome != signet.Answered || res.Err != nil {
			t.Fatalf("%s: %v %v", path, res.Outcome, res.Err)
		}
		f := res.Facts.(*Facts)
		j := judge(f)
		if !strings.HasSuffix(path, "."+j.Verdict.String()+".flow") {
			t.Errorf("%s: verdict %v", path, j.Verdict)
		}
		// 53 entries, of which some are the same once annotations and objects are left aside.
		if !f.Complete || len(f.Interfaces) < 40 || f.CertificateAuthority || len(f.Coercible) != 0 {
			t.Errorf("%s: %d interfaces, %+v", path, len(f.Interfaces), f.Coercible)
		}
		if f.at("MS-DRSR") == "" {
			t.Errorf("%s: replication is not listed over TCP", path)
		}
	}
}

// What a client of this package ever sends: the bind to the mapper and operation 2 of it. On one connection.
func TestDeclaredIsDone(t *testing.T) {
	flow, err := checktest.Load("testdata/samba417-dc.undetermined.flow")
	if err != nil {
		t.Fatal(err)
	}
	if len(flow.Attempts) != Check().Sends[0].Connections {
		t.Errorf("%d connections", len(flow.Attempts))
	}
	requests := 0
	for _, turn := range flow.Attempts[0].Turns {
		if !turn.Client {
			continue
		}
		p, rest, err := dcerpc.ReadPDU(turn.Bytes)
		if err != nil || len(rest) > 0 {
			t.Fatal(err)
		}
		switch p.Type {
		case dcerpc.Bind:
			if !strings.Contains(hex.EncodeToString(p.Body), "0883afe11f5dc91191a408002b14a0fa") {
				t.Errorf("a bind to something else: %x", p.Body)
			}
		case dcerpc.Request:
			requests++
			if op := binary.LittleEndian.Uint16(p.Body[6:]); op != 2 {
				t.Errorf("operation %d", op)
			}
		default:
			t.Errorf("a pdu of type %d", p.Type)
		}
	}
	if requests < 1 || requests > maxRounds {
		t.Errorf("%d requests", requests)
	}
}

const ackOK = "05000c03100000003c00000001000000d016d016e248000004003133350000000100000000000000045d888aeb1cc9119fe808002b10486002000000"

// listing is the stub of a lookup that lists the interfaces over TCP on port 49667.
func listing(t testing.TB, handle byte, status uint32, uuids ...string) []byte {
	le := binary.LittleEndian
	b := make([]byte, 20)
	b[0] = handle
	for _, v := range []int{len(uuids), 500, 0, len(uuids)} {
		b = le.AppendUint32(b, uint32(v))
	}
	for range uuids {
		b = append(b, make([]byte, 16)...)
		for _, v := range []uint32{3, 0, 0} {
			b = le.AppendUint32(b, v)
		}
	}
	for _, u := range uuids {
		raw := checktest.Hex(t, strings.ReplaceAll(u, "-", ""))
		tower := append([]byte{4, 0, 19, 0, 13}, raw[3], raw[2], raw[1], raw[0], raw[5], raw[4], raw[7], raw[6])
		tower = append(append(tower, raw[8:]...), checktest.Hex(t, "0100 0200 0000 1300 0d 045d888aeb1cc9119fe808002b104860 0200 0200 0000 0100 0b 0200 0000 0100 07 0200 c203")...)
		b = le.AppendUint32(b, uint32(len(tower)))
		b = le.AppendUint32(b, uint32(len(tower)))
		b = append(b, tower...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return le.AppendUint32(b, status)
}

func nak(reason byte) []byte {
	return []byte{5, 0, 13, 3, 0x10, 0, 0, 0, 19, 0, 0, 0, 1, 0, 0, 0, reason, 0, 0}
}

func faultPDU(call byte, status uint32) []byte {
	body := make([]byte, 16)
	binary.LittleEndian.PutUint32(body[8:], status)
	return dcerpc.AppendPDU(nil, dcerpc.PDU{Type: dcerpc.Fault, Flags: 3, CallID: uint32(call), Body: body})
}

// talk holds the interview against a server that says answers[i] after the i-th write, all at once or a byte at a time.
func talk(t *testing.T, quick bool, cause check.Cause, answers ...[]byte) check.Result {
	t.Helper()
	whole := talkIn(t, quick, cause, 0, answers...)
	bytewise := talkIn(t, quick, cause, 1, answers...)
	if w, b := fmt.Sprintf("%+v %+v", whole.Facts, whole.Err), fmt.Sprintf("%+v %+v", bytewise.Facts, bytewise.Err); w != b && whole.Outcome != signet.Foreign {
		t.Errorf("at once\n%s\nbyte by byte\n%s", w, b)
	}
	return whole
}

func talkIn(t *testing.T, quick bool, cause check.Cause, size int, answers ...[]byte) check.Result {
	t.Helper()
	o := checktest.Options()
	o.Quick = quick
	iv := begin(check.Subject{Endpoint: signet.Endpoint{Port: 135}, Options: o})
	a, ok := iv.Next(check.End{})
	if !ok {
		t.Fatal("nothing is asked")
	}
	p := checktest.Peer{Piece: size, End: cause, Answer: func([]byte) (answer []byte, end check.Cause) {
		if len(answers) > 0 {
			answer, answers = answers[0], answers[1:]
		}
		return answer, check.Start
	}}
	end := p.Hold(t, a)
	if _, again := iv.Next(end); again {
		t.Error("a second connection")
	}
	return iv.Result()
}

func TestOddServers(t *testing.T) {
	const rprn, efsr, other = "12345678-1234-abcd-ef00-0123456789ab", "df1941c5-fe89-4e79-bf10-463657acf44d", "e3514235-4b06-11d1-ab04-00c04fc2dcd2"
	ack := checktest.Hex(t, ackOK)
	one := func(call uint32, stub []byte) []byte { return dcerpc.AppendResponse(nil, call, stub, 100) }
	many := func() [][]byte {
		out := [][]byte{ack}
		for i := range 20 {
			out = append(out, one(uint32(i+2), listing(t, 1, 0, other)))
		}
		return out
	}()
	for _, c := range []struct {
		name    string
		quick   bool
		cause   check.Cause
		answers [][]byte
		outcome signet.Outcome
		because string // of the judgement; "-": no facts
		failure string
	}{
		{"coercible and a ca", false, 0, [][]byte{ack, one(2, listing(t, 0, 0, rprn, efsr, dcerpc.ICPR, other))}, signet.Answered, "MS-EFSR, MS-RPRN", ""},
		{"two rounds", false, 0, [][]byte{ack, one(2, listing(t, 1, 0, other)), one(3, listing(t, 0, 0, rprn))}, signet.Answered, "mapper lists 2 interfaces;", ""},
		{"ends by status", false, 0, [][]byte{ack, one(2, listing(t, 1, 0, other)), one(3, listing(t, 1, dcerpc.StatusNoMore))}, signet.Answered, "mapper lists 1 interface;", ""},
		{"never ends", false, 0, many, signet.Answered, "the list is incomplete", ""},
		{"nothing registered", false, 0, [][]byte{ack, one(2, listing(t, 0, dcerpc.StatusNoMore))}, signet.Answered, "no interface was seen", ""},
		{"access denied", false, 0, [][]byte{ack, faultPDU(2, 5)}, signet.Withheld, "access denied", "access denied"},
		{"other fault", false, 0, [][]byte{ack, faultPDU(2, 0x1c010002)}, signet.Broken, "no such operation", "no such operation"},
		{"fault to the bind", false, 0, [][]byte{faultPDU(1, 5)}, signet.Withheld, "access denied", "rpc bind"},
		{"error of the mapper", false, 0, [][]byte{ack, one(2, listing(t, 0, 0x16c9a0cd))}, signet.Broken, "no interface was seen", "0x16c9a0cd"},
		{"bind_nak", false, 0, [][]byte{nak(2)}, signet.Broken, "-", "bind refused: local limit exceeded (reason 2)"},
		{"context rejected", false, 0, [][]byte{checktest.Hex(t, strings.Replace(ackOK, "0100000000000000045d", "0100000002000100045d", 1))}, signet.Broken, "-", "result 2, reason 1"},
		{"ack of another call", false, 0, [][]byte{checktest.Hex(t, strings.Replace(ackOK, "3c00000001", "3c00000009", 1))}, signet.Broken, "-", "call 9"},
		{"answer to another call", false, 0, [][]byte{ack, one(7, listing(t, 0, 0, other))}, signet.Broken, "no interface was seen", "call 7"},
		{"garbage after the bind", false, 0, [][]byte{ack, []byte("HTTP/1.1 400")}, signet.Broken, "no interface was seen", "version 5"},
		{"endless fragments", false, 0, [][]byte{ack, endless()}, signet.Broken, "no interface was seen", "more than"},
		{"second round lost", false, check.Stalled, [][]byte{ack, one(2, listing(t, 1, 0, other))}, signet.Answered, "the list is incomplete", "no answer in time"},
		{"lookup lost", false, check.Closed, [][]byte{ack}, signet.Broken, "no interface was seen", "closed"},
		{"mute", false, check.Stalled, nil, signet.Silent, "-", "rpc bind"},
		{"http", false, 0, [][]byte{[]byte("HTTP/1.1 400 Bad Request")}, signet.Foreign, "-", "HTTP"},
		{"tls", false, 0, [][]byte{{0x15, 3, 3, 0, 2, 2, 10}}, signet.Foreign, "-", "TLS"},
		{"binary", false, 0, [][]byte{{0, 1, 2, 3, 4, 5, 6, 7, 8}}, signet.Foreign, "-", "no DCE/RPC"},
		{"quick", true, 0, [][]byte{ack}, signet.Answered, "no interface was seen", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := talk(t, c.quick, c.cause, c.answers...)
			if res.Outcome != c.outcome {
				t.Errorf("outcome %v, want %v (%+v)", res.Outcome, c.outcome, res.Err)
			}
			because := "-"
			if res.Facts != nil {
				j := judge(res.Facts.(*Facts))
				if j.Verdict != signet.Undetermined {
					t.Errorf("verdict %v", j.Verdict)
				}
				because = strings.Join(j.Because, "\n")
			}
			if !strings.Contains(because, c.because) {
				t.Errorf("because %q, want %q in it", because, c.because)
			}
			text := ""
			if res.Err != nil {
				text = res.Err.Phase + ": " + res.Err.Text
			}
			if c.failure == "" && text != "" || !strings.Contains(text, c.failure) {
				t.Errorf("failure %q, want %q in it", text, c.failure)
			}
			if c.quick != (len(res.Unasked) == 1) {
				t.Errorf("unasked %q", res.Unasked)
			}
		})
	}
}

// endless is a response whose last fragment never comes.
func endless() []byte {
	one := dcerpc.AppendPDU(nil, dcerpc.PDU{Type: dcerpc.Response, CallID: 2, Body: make([]byte, 5000)})
	var out []byte
	for len(out) <= dcerpc.MaxStub {
		out = append(out, one...)
	}
	return out
}

func TestFactsOfEntries(t *testing.T) {
	icpr := dcerpc.Tower{Interface: dcerpc.UUID(checktest.Hex(t, strings.ReplaceAll(dcerpc.ICPR, "-", ""))), Protocol: "ncacn_np", Endpoint: `\pipe\cert`}
	over := icpr
	over.Protocol, over.Endpoint = "ncacn_ip_tcp", "49667"
	f := newFacts()
	for _, tower := range []dcerpc.Tower{{}, icpr, icpr, over} {
		f.put(dcerpc.Entry{Tower: tower})
	}
	if len(f.Interfaces) != 2 || !f.CertificateAuthority {
		t.Errorf("%+v", f)
	}
	if got := f.at("MS-ICPR"); got != " on port 49667" {
		t.Errorf("at%s", got)
	}
	if got := judge(&f).Because[0]; !strings.Contains(got, "mapper lists 1 interface;") {
		t.Error(got)
	}
}

// A mapper that never ends is asked a bounded number of times.
func TestRoundsAreBounded(t *testing.T) {
	v := &conversation{}
	if _, err := v.Next(nil, false); err != nil {
		t.Fatal(err)
	}
	in, sent := checktest.Hex(t, ackOK), 0
	for call := uint32(2); ; call++ {
		step, err := v.Next(in, false)
		if err != nil {
			t.Fatal(err)
		}
		if step.Done {
			break
		}
		if sent++; sent > 100 {
			t.Fatal("asked for ever")
		}
		in = dcerpc.AppendResponse(nil, call, listing(t, 1, 0, dcerpc.ICPR), 5000)
	}
	if sent != maxRounds {
		t.Errorf("asked %d times, want %d", sent, maxRounds)
	}
}

func TestCertificateAuthority(t *testing.T) {
	stub := listing(t, 0, 0, dcerpc.ICPR)
	res := talk(t, false, 0, checktest.Hex(t, ackOK), dcerpc.AppendResponse(nil, 2, stub, 50))
	j := judge(res.Facts.(*Facts))
	if len(j.Breaches) != 1 || j.Breaches[0].Rule != ruleEnrolment || !strings.Contains(j.Breaches[0].Because[0], "on port 49667") {
		t.Errorf("%+v", j.Breaches)
	}
	if len(res.Found) != 2 || res.Found[0] != (check.Found{Port: 80}) || res.Found[1] != (check.Found{Port: 443}) {
		t.Errorf("found %+v", res.Found)
	}
}

func TestFactsJSON(t *testing.T) {
	res := talk(t, false, 0, checktest.Hex(t, ackOK), dcerpc.AppendResponse(nil, 2, listing(t, 0, 0, "12345678-1234-abcd-ef00-0123456789ab"), 5000))
	got := string(res.Facts.AppendJSON(nil))
	want := `{"interfaces":[{"uuid":"12345678-1234-abcd-ef00-0123456789ab","name":"MS-RPRN","protocol":"ncacn_ip_tcp","endpoint":"49667"}],"coercible":["MS-RPRN"],"certificate_authority":false,"complete":true}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	f := newFacts()
	var m map[string]any
	if err := json.Unmarshal(f.AppendJSON(nil), &m); err != nil || m["interfaces"] == nil || m["coercible"] == nil {
		t.Errorf("empty facts are %s, %v", f.AppendJSON(nil), err)
	}
	j, err := Check().Judge(signet.RawFacts(got))
	if err != nil || len(j.Breaches) != 1 || j.Breaches[0].Rule != ruleCoercible {
		t.Errorf("facts from JSON: %+v, %v", j, err)
	}
}
