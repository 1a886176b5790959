package signet

// Depth says how far into an authentication a check may go. Each depth includes the ones before it.
type Depth uint8

const (
	Handshake  Depth = iota // no AUTHENTICATE message is ever sent
	Anonymous               // also the anonymous NTLM bind that decides LDAP signing
	Decoy                   // also a logon as a random name that cannot exist
	Credential              // also the account that was given
)

func depthWords() []string { return []string{"handshake", "anonymous", "decoy", "credential"} }

func (d Depth) String() string { return name(depthWords(), d) }

// MarshalText writes its word, as in JSON lines and policies.
func (d Depth) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads that word, and no other.
func (d *Depth) UnmarshalText(text []byte) (err error) {
	*d, err = parse[Depth](depthWords(), "depth (handshake, anonymous, decoy or credential)", text)
	return err
}
