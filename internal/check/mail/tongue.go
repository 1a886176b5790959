package mail

import (
	"bytes"
	"strconv"
	"strings"

	"signet/internal/check"
)

// ask is what was last said to the server, and so what its next answer is to.
type ask uint8

const (
	askGreeting ask = iota // nothing: it speaks first
	askList                // which mechanisms and extensions
	askAgain               // the same in an older way
	askStartTLS
	askAuth   // the name of a mechanism
	askToken  // a type 1
	askCancel // the end of the exchange
)

// status is what an answer comes to, whatever the protocol.
type status uint8

const (
	bad  status = iota // refused
	good               // accepted
	more               // a challenge: text holds it
	gone               // the server says that it hangs up
)

// refusal is what a no says. The zero value says nothing that lasts: try later, TLS first, any reason of its own.
type refusal uint8

const (
	refusedForNow    refusal = iota
	refusedMechanism         // the mechanism, or what was sent by it
	refusedCommand           // the command itself is not known, or not enabled here
)

// answer is one whole answer. listed tells that list was learned from it.
type answer struct {
	status  status
	refusal refusal // of a bad one
	text    string
	code    int // of SMTP; 0: none
	listed  bool
	list    capabilities
}

// said is the answer as a reader of a report sees it.
func (a answer) said() string {
	if a.code == 0 {
		return clip(a.text)
	}
	return clip(strings.TrimSpace(strconv.Itoa(a.code) + " " + a.text))
}

type capabilities struct {
	startTLS   bool
	logon      bool // a logon is taken here, by a mechanism or by a command of the protocol's own
	mechanisms []string
	exchange   []string
}

// tongue is one of the three protocols.
type tongue interface {
	name() string
	// read splits the whole answer to a off in: how many bytes it took, or wire's ErrShort.
	read(in []byte, a ask) (answer, int, error)
	// say appends the line that asks a; arg is the mechanism of askAuth.
	say(dst []byte, a ask, arg string) []byte
	// bye appends the line that ends the session.
	bye(dst []byte) []byte
}

// tongueOf tells the protocol from the first bytes of a greeting: nil while there are too few. self is what SMTP is to be
// told of us.
func tongueOf(in []byte, self string) (tongue, error) {
	if len(in) == 0 {
		return nil, nil
	}
	for _, g := range []struct {
		opens string
		speak tongue
	}{{"220", smtp{self}}, {"421", smtp{self}}, {"554", smtp{self}}, {"* ", imap{}}, {"+OK", pop3{}}, {"-ERR", pop3{}}} {
		n := min(len(in), len(g.opens))
		if string(in[:n]) != g.opens[:n] {
			continue
		}
		if n < len(g.opens) {
			return nil, nil
		}
		return g.speak, nil
	}
	if err := check.SniffForeign(in); err != nil {
		return nil, err
	}
	if len(in) < 8 && bytes.IndexByte(in, '\n') < 0 {
		return nil, nil
	}
	return nil, check.Foreign("no mail protocol")
}
