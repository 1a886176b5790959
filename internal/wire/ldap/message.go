package ldap

import (
	"errors"
	"fmt"

	"signet/internal/wire/ber"
)

// MaxMessage bounds one LDAPMessage in bytes, header included. The largest rootDSE seen, every attribute of a 2019
// DC, is 3,151 bytes; a peer that announces more than this is not answering one of our questions.
const MaxMessage = 48 << 10

// ErrShort says that the input ends inside a message: more bytes may complete it.
var ErrShort = ber.ErrShort

// Op is the identifier octet of a protocolOp (RFC 4511 §4.2 to §4.14).
type Op byte

// The operations of this project. Every other value is passed through as it came.
const (
	OpBindRequest           Op = 0x60
	OpBindResponse          Op = 0x61
	OpUnbindRequest         Op = 0x42
	OpSearchRequest         Op = 0x63
	OpSearchResultEntry     Op = 0x64
	OpSearchResultDone      Op = 0x65
	OpSearchResultReference Op = 0x73
	OpExtendedRequest       Op = 0x77
	OpExtendedResponse      Op = 0x78
	OpIntermediateResponse  Op = 0x79
)

const tagControls = 0xa0

// Message is one LDAPMessage (RFC 4511 §4.1.1) with its operation unread. Body is the content of the operation,
// Controls the content of the controls element (nil when there is none); both point into the input.
type Message struct {
	ID       int32
	Op       Op
	Body     []byte
	Controls []byte
}

// FrameSize returns how many bytes the first message of b takes in all. It needs only the header: ErrShort asks for
// more bytes. What does not start as an LDAPMessage, or announces more than MaxMessage, is an error for good.
func FrameSize(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, ErrShort
	}
	if b[0] != ber.Sequence {
		return 0, fmt.Errorf("ldap: message starts with 0x%02x, want 0x30", b[0])
	}
	n, err := ber.Size(b)
	if err != nil {
		return 0, fmt.Errorf("ldap: message header: %w", err)
	}
	if n > MaxMessage {
		return 0, fmt.Errorf("ldap: message of %d bytes, at most %d are read", n, MaxMessage)
	}
	return n, nil
}

// ParseMessage splits the first LDAPMessage off b. On error every result is zero.
func ParseMessage(b []byte) (m Message, rest []byte, err error) {
	if _, err := FrameSize(b); err != nil {
		return Message{}, nil, err
	}
	body, rest, err := ber.Expect(b, ber.Sequence)
	if err != nil {
		return Message{}, nil, fmt.Errorf("ldap: message: %w", err)
	}
	// From here on the message is whole: what is missing inside it will not come.
	id, body, err := readInt(body, ber.Integer)
	if err != nil {
		return Message{}, nil, fmt.Errorf("ldap: messageID: %w", err)
	}
	if id < 0 {
		return Message{}, nil, fmt.Errorf("ldap: messageID %d", id)
	}
	tag, op, body, err := ber.Read(body)
	if err != nil {
		return Message{}, nil, fmt.Errorf("ldap: protocolOp: %w", whole(err))
	}
	if tag&0xc0 != 0x40 {
		return Message{}, nil, fmt.Errorf("ldap: protocolOp tag 0x%02x is not of the application class", tag)
	}
	m = Message{ID: id, Op: Op(tag), Body: op}
	for len(body) > 0 {
		tag, content, tail, err := ber.Read(body)
		if err != nil {
			return Message{}, nil, fmt.Errorf("ldap: after the protocolOp: %w", whole(err))
		}
		// What is not known there is passed over: AD puts the name of its notice of disconnection behind the operation
		// instead of into it.
		if tag == tagControls {
			m.Controls = content
		}
		body = tail
	}
	return m, rest, nil
}

// AppendMessage appends m with minimal lengths.
func AppendMessage(dst []byte, m Message) []byte {
	body := ber.AppendInt(nil, ber.Integer, int64(m.ID))
	body = ber.Append(body, byte(m.Op), m.Body)
	if m.Controls != nil {
		body = ber.Append(body, tagControls, m.Controls)
	}
	return ber.Append(dst, ber.Sequence, body)
}

// readInt reads an INTEGER or ENUMERATED that fits 32 bits.
func readInt(b []byte, tag byte) (v int32, rest []byte, err error) {
	content, rest, err := ber.Expect(b, tag)
	if err != nil {
		return 0, nil, whole(err)
	}
	n, err := ber.Int(content)
	if err != nil {
		return 0, nil, err
	}
	if n != int64(int32(n)) {
		return 0, nil, fmt.Errorf("integer %d", n)
	}
	return int32(n), rest, nil
}

// whole turns ErrShort into a final error: inside a complete message nothing more will come, and a caller that waits
// for it would wait until its time-out.
func whole(err error) error {
	if errors.Is(err, ErrShort) {
		return errors.New("element runs past its message")
	}
	return err
}
