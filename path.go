package signet

import "net/netip"

// PathState says what is known of a relay path. The zero value claims least.
type PathState uint8

const (
	PathUnknown     PathState = iota // the target's guard was not seen
	PathClosed                       // not by this way, while the target is patched; never "immune"
	PathConditional                  // open for a source that was not seen, or to a client that does what is named
	PathOpen                         // open for a source that is assumed or known
)

func pathWords() []string { return []string{"unknown", "closed", "conditional", "open"} }

func (s PathState) String() string { return name(pathWords(), s) }

// MarshalText writes the word.
func (s PathState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *PathState) UnmarshalText(text []byte) (err error) {
	*s, err = parse[PathState](pathWords(), "state of a path", text)
	return err
}

// Path is every path from the hosts of one class of source into one endpoint by one rule that it breaks. It stands for
// Sources paths, which are counted and never listed.
type Path struct {
	Rule     string       `json:"rule"`    // path-smb-to-ldap: `signet explain` knows it
	Source   string       `json:"source"`  // smb, http, ntlmv1, unbound
	Assumed  bool         `json:"assumed"` // the sources were not seen to be such, only to be possible
	State    PathState    `json:"state"`
	Target   Endpoint     `json:"-"`
	Check    string       `json:"check"`
	Finding  string       `json:"finding"` // the rule whose fix closes it
	Severity Severity     `json:"severity"`
	Sources  uint64       `json:"sources"` // hosts of this run that could be the source; the target itself is not counted
	Sample   []netip.Addr `json:"sample"`  // a few of them
	Because  string       `json:"because"` // "X → Y: open because …; closes if …"
}

// PathFix is what closing one finding everywhere removes.
type PathFix struct {
	Finding     string
	Severity    Severity // the worst of its endpoints
	Endpoints   uint64
	Open        uint64 // paths from sources that are assumed or known
	Conditional uint64 // paths from sources of which only the possibility is known
	Unknown     uint64 // paths of which it is not known whether they are open
	Because     string // the path sentence of its class
}

// Paths is what a run says of relay paths.
type Paths struct {
	Sources uint64    // hosts seen that are assumed to be coercible over SMB
	Fixes   []PathFix // the one that removes most paths first
}
