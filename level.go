package signet

// Level is the one scale for SMB signing, LDAP signing, channel binding, Extended Protection, NLA and RPC privacy.
type Level uint8

const (
	Unknown  Level = iota // nothing was learned
	Off                   // the server does not do it at all
	Optional              // the server does it when the client does
	Required              // the server refuses those who do not
)

func levelWords() []string { return []string{"unknown", "off", "optional", "required"} }

func (l Level) String() string {
	switch l { // on the path of every answer: no slice is built
	case Unknown:
		return "unknown"
	case Off:
		return "off"
	case Optional:
		return "optional"
	case Required:
		return "required"
	}
	return name(levelWords(), l)
}

// MarshalText writes its word, as in JSON lines and policies.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads that word, and no other.
func (l *Level) UnmarshalText(text []byte) (err error) {
	*l, err = parse[Level](levelWords(), "level", text)
	return err
}
