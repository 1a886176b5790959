package ldap

import (
	"bytes"
	"reflect"
	"testing"
)

// seeds are one message of each kind, and the answers the tables hold.
func seeds(f *testing.F) {
	f.Helper()
	f.Add(AppendSASLBind(nil, 1, GSSSPNEGO, []byte("NTLMSSP\x00")))
	f.Add(AppendSimpleBind(nil, 1, "cn=a", "b"))
	f.Add(AppendSearchRoot(nil, 1, RootAttributes()...))
	f.Add(AppendExtended(nil, 1, StartTLS))
	f.Add(AppendUnbind(nil, 3))
	f.Add(AppendBindResponse(nil, 1, BindResponse{Result: Result{Code: SaslBindInProgress}, SASLCreds: []byte("NTLMSSP\x00")}))
	f.Add(AppendExtendedResponse(nil, 0, ExtendedResponse{Result: Result{Code: Unavailable, Diagnostic: "down"}, Name: Disconnection, Value: []byte{1}}))
	f.Add(AppendEntry(nil, 1, Entry{DN: "", Attributes: []Attribute{{Name: "a", Values: [][]byte{{1}, {2}}}}}))
	f.Add(AppendSearchDone(nil, 1, Result{Code: OperationsError}))
	f.Add([]byte("0\x84\x00\x00\x00\x10\x02\x01\x02a\x84\x00\x00\x00\x07\x0a\x01\x0e\x04\x00\x04\x00"))
	f.Add([]byte("0\x0e\x02\x01\x01a\x09\x0a\x01\x0a\x04\x00\x04\x00\xa3\x00"))
}

// Whatever is parsed is written back as a message that parses the same, and the frame size says where it ends.
func FuzzParseMessage(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, rest, err := ParseMessage(b)
		if err != nil {
			if m.ID != 0 || m.Op != 0 || m.Body != nil || m.Controls != nil || rest != nil {
				t.Fatal("results beside an error")
			}
			return
		}
		if n, err := FrameSize(b); err != nil || n != len(b)-len(rest) {
			t.Fatalf("frame of %d (%v), read %d", n, err, len(b)-len(rest))
		}
		again := AppendMessage(nil, m)
		m2, rest, err := ParseMessage(again)
		if err != nil || len(rest) != 0 || m2.ID != m.ID || m2.Op != m.Op || !bytes.Equal(m2.Body, m.Body) || !bytes.Equal(m2.Controls, m.Controls) {
			t.Fatalf("%x came back as %x (%v)", b, again, err)
		}
	})
}

// parseOp reads the message that b holds, or stops the case.
func parseOp(b []byte) (Message, bool) {
	m, _, err := ParseMessage(b)
	return m, err == nil
}

func FuzzBindResponse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := parseOp(b)
		if !ok {
			return
		}
		roundTrip(t, m, ParseBindResponse, AppendBindResponse)
	})
}

func FuzzExtendedResponse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := parseOp(b)
		if !ok {
			return
		}
		roundTrip(t, m, ParseExtendedResponse, AppendExtendedResponse)
	})
}

func FuzzSearch(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := parseOp(b)
		if !ok {
			return
		}
		roundTrip(t, m, ParseEntry, AppendEntry)
		roundTrip(t, m, ParseSearchDone, AppendSearchDone)
	})
}

func FuzzBindRequest(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := parseOp(b)
		if !ok {
			return
		}
		r, err := ParseBindRequest(m)
		if err != nil {
			if !reflect.DeepEqual(r, BindRequest{}) {
				t.Fatal("results beside an error")
			}
			return
		}
		if r.Version != version {
			return
		}
		var again []byte
		switch {
		case r.Auth == AuthSimple:
			again = AppendSimpleBind(nil, m.ID, r.Name, string(r.Credentials))
		case r.Auth == AuthSASL && r.Name == "":
			again = AppendSASLBind(nil, m.ID, r.Mechanism, r.Credentials)
		default:
			return
		}
		m2, _ := parseOp(again)
		if r2, err := ParseBindRequest(m2); err != nil || !same(r, r2) {
			t.Fatalf("%+v came back as %+v (%v)", r, r2, err)
		}
	})
}

// The numbers of a text do not change when it is cut at its NUL or when words before them change.
func FuzzDiagnostic(f *testing.F) {
	f.Add("8009030C: LdapErr: DSID-0C0904DC, comment: AcceptSecurityContext error, data 52e, v1db1")
	f.Add("80090346: data 80090346, v\x00")
	f.Add("data data data 0")
	f.Fuzz(func(t *testing.T, s string) {
		d := ParseDiagnostic(s)
		if (!d.HasPrefix && d.Prefix != 0) || (!d.HasData && d.Data != 0) {
			t.Fatalf("a number that is not there: %+v", d)
		}
		if d.HasData {
			if again := ParseDiagnostic("other words, " + s); again.Data != d.Data || !again.HasData {
				t.Fatalf("%+v became %+v", d, again)
			}
		}
	})
}

// roundTrip states the property of every answer: zero beside an error, otherwise the same after writing and reading.
func roundTrip[R any](t *testing.T, m Message, parse func(Message) (R, error), write func([]byte, int32, R) []byte) {
	t.Helper()
	r, err := parse(m)
	if err != nil {
		var zero R
		if !reflect.DeepEqual(r, zero) {
			t.Fatalf("results beside an error: %+v", r)
		}
		return
	}
	m2, ok := parseOp(write(nil, m.ID, r))
	if !ok {
		t.Fatal("what was written is no message")
	}
	if r2, err := parse(m2); err != nil || !same(r, r2) {
		t.Fatalf("%+v came back as %+v (%v)", r, r2, err)
	}
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }
