package check

import (
	"errors"
	"fmt"
)

// Conversation holds one dialogue on one connection. It is pure: same bytes in, same bytes out. Drivers do not call it
// themselves: a Stepper does.
type Conversation interface {
	// Next says what to do. It is first called with no bytes when the connection is up, then each time bytes have
	// arrived, with everything received and not yet consumed; after a StartTLS step it is called again with no
	// bytes when the handshake is over. eof says that the peer has closed its side: nothing more will come, and
	// unless the step is Done the conversation has ended part-way.
	//
	// A conversation reads as many whole messages as in holds, or leaves them: it is not called again for what it
	// left before more bytes have come.
	//
	// in is valid only during the call. An error ends the conversation: a ForeignError when the peer speaks another
	// protocol, any other when what it sent is malformed.
	Next(in []byte, eof bool) (Step, error)
}

// Step is what a conversation wants next. The zero Step waits for more bytes.
type Step struct {
	Send     []byte // to be written now, before anything else; no part of in; valid until the next call
	Consumed int    // how many bytes of in are finished with
	Need     int    // this many unconsumed bytes are wanted before the next call, MaxPending at most; 0 means any
	StartTLS *TLS   // once Send is written, make this connection a TLS one
	Done     bool   // nothing more to ask on this connection
}

// Securable is a conversation that wants to know what a TLS handshake on its connection showed. Secured is called
// before the first Next on that connection, or after a StartTLS step before the next one.
type Securable interface {
	Secured(TLSState)
}

// ForeignError says that what the peer sent is another protocol.
type ForeignError struct {
	Speaks string // "TLS", "HTTP", "SSH", or a description of the first bytes
}

func (e *ForeignError) Error() string { return "the peer speaks " + e.Speaks }

// Foreign makes a ForeignError.
func Foreign(speaks string) error { return &ForeignError{Speaks: speaks} }

// IsForeign tells whether err says that the peer speaks another protocol.
func IsForeign(err error) bool {
	if err == nil { // most ends; the target of errors.As costs an allocation
		return false
	}
	var f *ForeignError
	return errors.As(err, &f)
}

// SniffForeign names the protocol of a peer's first bytes when they plainly belong to one that is not asked about:
// TLS, HTTP, SSH, and text banners. It returns nil when it cannot tell.
func SniffForeign(in []byte) error {
	switch {
	case len(in) >= 3 && (in[0] == 0x15 || in[0] == 0x16) && in[1] == 3 && in[2] <= 4:
		return Foreign("TLS")
	case hasPrefix(in, "HTTP/"), hasPrefix(in, "<html"), hasPrefix(in, "<HTML"), hasPrefix(in, "<!DOC"):
		return Foreign("HTTP")
	case hasPrefix(in, "SSH-"):
		return Foreign("SSH")
	case hasPrefix(in, "220 "), hasPrefix(in, "220-"):
		return Foreign("SMTP or FTP")
	case hasPrefix(in, "* OK"):
		return Foreign("IMAP")
	case hasPrefix(in, "+OK"):
		return Foreign("POP3")
	}
	if len(in) < 8 {
		return nil
	}
	for _, c := range in[:8] {
		if c != '\r' && c != '\n' && c != '\t' && (c < 0x20 || c > 0x7e) {
			return nil
		}
	}
	return Foreign(fmt.Sprintf("text (%q…)", in[:8]))
}

func hasPrefix(b []byte, p string) bool { return len(b) >= len(p) && string(b[:len(p)]) == p }
