package check

import (
	"fmt"
	"io/fs"
	"sync"
	"time"

	"signet"
	"signet/internal/decode"
)

// Check is a check as the rest of the house sees it. Define makes one.
type Check struct {
	Name     string // the contract's word
	Version  int    // raised when the meaning of its facts changes
	Title    string // one line for lists
	Ports    []Port // asked by default
	Optional bool   // asked only when named with --checks
	Fallback bool   // asks the ports of a target that no check owns
	Domain   bool   // what a domain controller breaks of it opens its whole domain
	Shape    Shape  // what its facts mean where two observations are compared
	Sends    []Sends
	Rules    []Rule
	Advice   fs.FS // <rule>.md for each rule

	// Begin starts the interview of one endpoint.
	Begin func(Subject) Interview
	// Decode gives stored facts the check's own type.
	Decode func(signet.RawFacts) (signet.Facts, error)
	// Judge is pure. Facts may be the check's own type or signet.RawFacts.
	Judge func(signet.Facts) (Judgement, error)
	// Identify is pure too: what facts say of the host. It is nil for a check whose facts say nothing of it.
	Identify func(signet.Facts) (Identity, error)
	// Traits are what facts say of a host for the Breaks of its rules; nil: nothing.
	Traits func(signet.Facts) (Traits, error)
	// Pages are the paths of the pages that were asked, where breaches stand at pages; nil: there are none.
	Pages func(signet.Facts) ([]string, error)
	// Nmap words an endpoint at a port as nmap would; facts are nil where nothing was told. nil: nmap has no words for it.
	Nmap func(port uint16, facts signet.Facts) (Nmap, error)
	// Passive reads the same facts out of other people's conversations; nil: it cannot.
	Passive *Passive

	// Blind is what it cannot see, and Blinded says which of that holds of an endpoint, one bit each; nil: nothing does.
	Blind   []Blind
	Blinded func(signet.Facts, signet.Verdict) (uint32, error)
}

// Port is a default port of a check.
type Port struct {
	Number    uint16
	Transport signet.Transport
	// WhenAlive: asked only where the host is known to be alive and Unless did not answer.
	WhenAlive bool
	Unless    uint16
}

// Sends declares what a check does to an endpoint at a depth, for `signet checks`. What says what the depth adds;
// figures are upper bounds of a whole run at this depth with default flags, lesser depths included.
type Sends struct {
	Depth       signet.Depth
	What        string // what is sent at this depth beyond the depths before
	Connections int
	Logons      int    // failed logons of an unknown user
	Anonymous   int    // anonymous logons
	Flags       string // what flags add to the figures, if any do
	Logs        string // what the target may log
}

// Rule is something an endpoint can break.
type Rule struct {
	ID       string
	Title    string
	Requires string   // one line: what a target that does not break it does
	Refers   []string // keys of References: who names the weakness, and the setting that closes it
	Opens    Way      // how relayed NTLM gets in where it is broken; zero: it does not
	Recipe   *Recipe  // how a script closes it; nil: none can
	Breaks   Breaks   // which hosts closing it would break
}

// Breach is a rule that facts break.
type Breach struct {
	Rule    string
	Because []string
	Where   string
}

// Judgement is a check's view of facts, before a policy gives severities.
type Judgement struct {
	Verdict  signet.Verdict
	Because  []string
	Breaches []Breach
}

// Subject is what an interview is begun with: the endpoint, and what the run allows.
type Subject struct {
	Endpoint signet.Endpoint
	Options  *Options
	Called   string // as Found.Called has it; empty where no answer pointed here
	Ports    []Port // which ports the run asks this check of every host
}

// Options are the run's, the same for every endpoint. Random and Now are injected, so that a replay sends the bytes
// of its recording.
type Options struct {
	Depth        signet.Depth
	Quick        bool // the opening exchange only
	Deep         bool
	NoSMB1       bool
	HTTPThorough bool
	HTTPPaths    []string
	CANames      []string
	ExcludedName func(string) bool // whether the scope leaves a host name alone; nil: it leaves none
	DecoyName    string            // the run's one name that cannot exist
	Random       func([]byte)
	Now          func() time.Time
}

// Definition is a check inside its own folder, with its facts typed.
type Definition[F any, P interface {
	*F
	signet.Facts
}] struct {
	Name     string
	Version  int
	Title    string
	Ports    []Port
	Optional bool
	Fallback bool
	Domain   bool
	Shape    Shape
	Sends    []Sends
	Rules    []Rule
	Advice   fs.FS
	Begin    func(Subject) Interview
	Judge    func(*F) Judgement
	Identify func(*F) Identity            // nil: the facts say nothing of the host
	Traits   func(*F) Traits              // nil: the facts say nothing of who would break
	Pages    func(*F) []string            // nil: breaches stand at no pages
	Nmap     func(port uint16, f *F) Nmap // nil: nmap has no words for it; f is zero where nothing was told
	Passive  *Passive                     // nil: captures say nothing to it
	Blind    []Spot[F]                    // what it cannot see of an endpoint that answered
}

// Define seals a definition: outside its folder facts are JSON.
func Define[F any, P interface {
	*F
	signet.Facts
}](d Definition[F, P]) Check {
	facts := &factsOf[F, P]{name: d.Name, plan: sync.OnceValue(decode.Of[F])}
	blind, blinded := sealed(facts, d.Blind)
	return Check{
		Blind: blind, Blinded: blinded,
		Name: d.Name, Version: d.Version, Title: d.Title, Ports: d.Ports, Optional: d.Optional, Fallback: d.Fallback, Domain: d.Domain, Shape: d.Shape,
		Sends: d.Sends, Rules: d.Rules, Advice: d.Advice, Begin: d.Begin, Passive: d.Passive, Identify: reader(facts, d.Identify), Traits: reader(facts, d.Traits), Pages: reader(facts, d.Pages), Nmap: nmap(facts, d.Nmap),
		Decode: func(raw signet.RawFacts) (signet.Facts, error) {
			f, err := facts.typed(raw)
			if err != nil {
				return nil, err
			}
			return P(f), nil
		},
		Judge: reader(facts, d.Judge),
	}
}

// factsOf knows the facts of one check.
type factsOf[F any, P interface {
	*F
	signet.Facts
}] struct {
	name string
	plan func() *decode.Plan[F] // made when it is first needed: most commands read no facts
}

// typed gives facts their type: the check's own, or decoded from JSON.
func (k *factsOf[F, P]) typed(facts signet.Facts) (*F, error) {
	if f, ok := facts.(P); ok {
		return f, nil
	}
	raw, ok := facts.(signet.RawFacts)
	if !ok {
		return nil, fmt.Errorf("%s: facts of type %T", k.name, facts)
	}
	f, err := k.plan().Read(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: facts: %w", k.name, err)
	}
	return f, nil
}

// reader lets a function of typed facts take any facts; nil stays nil.
func reader[F any, P interface {
	*F
	signet.Facts
}, R any](k *factsOf[F, P], read func(*F) R) func(signet.Facts) (R, error) {
	if read == nil {
		return nil
	}
	return func(facts signet.Facts) (result R, err error) {
		f, err := k.typed(facts)
		if err != nil {
			return result, err
		}
		return read(f), nil
	}
}

// nmap lets a function of a port and typed facts take any facts, or none.
func nmap[F any, P interface {
	*F
	signet.Facts
}](k *factsOf[F, P], words func(uint16, *F) Nmap) func(uint16, signet.Facts) (Nmap, error) {
	if words == nil {
		return nil
	}
	return func(port uint16, facts signet.Facts) (Nmap, error) {
		if facts == nil {
			return words(port, new(F)), nil
		}
		f, err := k.typed(facts)
		if err != nil {
			return words(port, new(F)), err
		}
		return words(port, f), nil
	}
}
