package run

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/bounds"
	"signet/internal/host"
	"signet/internal/judge"
	"signet/internal/text"
)

// Judge judges by a policy. A policy that speaks of rules that no check has is an OrderError.
func (e *Env) Judge(p *judge.Policy) (*judge.Judge, error) {
	j, err := judge.New(e.Checks, p)
	if err != nil {
		return nil, refuse("policy", "%v", err)
	}
	return j, nil
}

// Policy is the built-in policy of a name, or that of a YAML file where the name looks like one.
func Policy(name string) (*judge.Policy, error) {
	if !strings.ContainsAny(name, "./\\") {
		p, err := judge.BuiltIn(name)
		if err != nil {
			return nil, refuse("policy", "{policy}: %v, or a YAML file%s", err, meantPolicy(name))
		}
		return p, nil
	}
	b, err := ReadYAML(name)
	if err != nil {
		return nil, refuse("policy", "{policy}: %v", err)
	}
	p, err := judge.Parse(b)
	if err != nil {
		return nil, refuse("policy", "{policy} %s: %v", name, err)
	}
	return p, nil
}

// meantPolicy says which policy a name most likely stands for: a file beside us, whose path was to be told from a name, or a
// built-in policy.
func meantPolicy(name string) string {
	for _, file := range []string{name, name + ".yaml", name + ".yml"} {
		if s, err := os.Stat(file); err == nil && s.Mode().IsRegular() {
			return "; to read the file of that name, write ./" + file
		}
	}
	return text.DidYouMean(name, judge.Names())
}

// ParsePolicy reads a policy of YAML.
func ParsePolicy(yaml []byte) (*judge.Policy, error) {
	p, err := judge.Parse(yaml)
	if err != nil {
		return nil, refuse("policy", "{policy}: %v", err)
	}
	return p, nil
}

// ReadYAML reads a file of YAML, which may be a device or somebody else's: no more than YAML is parsed of.
func ReadYAML(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := bounds.ReadAll(f, bounds.YAMLSize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// DerivePolicy writes a policy as YAML that demands of every host what a known-good one keeps, and not what it breaks.
// wanted is its address or name in the run, name that of the new policy.
func (e *Env) DerivePolicy(in *Input, wanted, name string) (string, error) {
	base, err := judge.BuiltIn("baseline")
	if err != nil {
		return "", err
	}
	j, err := e.Judge(base)
	if err != nil {
		return "", err
	}
	found, err := e.hostStandings(in, j, wanted)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", refuse("host", "run %s has no host %q where anything answered", in.Name, wanted)
	}
	text := e.derived(base, found, name, in, wanted)
	if problems := judge.Lint([]byte(text), e.Checks, e.now()); len(problems) > 0 {
		return "", fmt.Errorf("a defect of Signet: the derived policy is wrong: %d:%d: %s", problems[0].Line, problems[0].Column, problems[0].Text)
	}
	return text, nil
}

// hostStanding is how the known-good host stands to the rules of one check.
type hostStanding struct {
	judged bool     // at least one endpoint ended guarded or exposed: what is unseen keeps no rule
	unseen bool     // at least one is unseen
	where  []string // its endpoints
	broken map[string][]string
}

// hostStandings judges the observations of one host, by check.
func (e *Env) hostStandings(in *Input, j *judge.Judge, wanted string) (map[string]*hostStanding, error) {
	addr, addrErr := netip.ParseAddr(wanted)
	var addrs map[netip.Addr]bool
	if addrErr != nil {
		folder := host.New(e.Checks)
		for o, err := range e.endpoints(in.Observations(), j) {
			if err != nil {
				return nil, err
			}
			folder.Fold(o, &signet.Judgement{})
		}
		addrs = map[netip.Addr]bool{}
		for _, h := range folder.Rest() {
			if strings.EqualFold(h.Name, wanted) || slices.ContainsFunc(h.Names, func(n signet.HostName) bool { return strings.EqualFold(n.Name, wanted) }) {
				addrs[h.Address] = true
			}
		}
		if len(addrs) > 1 {
			return nil, refuse("host", "%d addresses of run %s answer to %q: give the one you mean", len(addrs), in.Name, wanted)
		}
	}
	found := map[string]*hostStanding{}
	for o, err := range e.endpoints(in.Observations(), j) {
		if err != nil {
			return nil, err
		}
		if o.Addr != addr && !addrs[o.Addr] || !o.Reached() {
			continue
		}
		s := found[o.Check]
		if s == nil {
			s = &hostStanding{broken: map[string][]string{}}
			found[o.Check] = s
		}
		judgement := j.Observation(o)
		s.judged = s.judged || judgement.Verdict == signet.Guarded || judgement.Verdict == signet.Exposed
		s.unseen = s.unseen || judgement.Verdict == signet.Unseen
		s.where = append(s.where, o.Endpoint.String())
		for _, f := range judgement.Findings {
			s.broken[f.Rule] = append(s.broken[f.Rule], o.Endpoint.String())
		}
	}
	return found, nil
}

// derived writes the policy. Severities are baseline's; what the host breaks is off, and what was not seen of it says so.
func (e *Env) derived(base *judge.Policy, found map[string]*hostStanding, name string, in *Input, wanted string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nversion: 1\n", yamlText(name))
	fmt.Fprintf(&b, "about: %s\n", yamlText(fmt.Sprintf("Derived from the host %s as run %s of %s saw it: what it keeps is demanded of every host, what it breaks is not.",
		wanted, in.Run.ID, in.Run.Started.UTC().Format(time.DateOnly))))
	fmt.Fprintf(&b, "changes:\n  - %s\ndefault: %s\nrules:\n", yamlText("1: derived from "+wanted), cmpOr(base.Default, "medium"))
	for _, c := range e.Checks {
		s := found[c.Name]
		switch {
		case s == nil:
			fmt.Fprintf(&b, "  # %s: nothing of it answered on the host\n", c.Name)
		case !s.judged && s.unseen:
			fmt.Fprintf(&b, "  # %s: unseen on %s: no NTLM there, and no guard\n", c.Name, yamlComment(strings.Join(s.where, ", ")))
		case !s.judged:
			fmt.Fprintf(&b, "  # %s: undetermined on %s\n", c.Name, yamlComment(strings.Join(s.where, ", ")))
		default:
			fmt.Fprintf(&b, "  # %s: %s\n", c.Name, yamlComment(strings.Join(s.where, ", ")))
		}
		for _, r := range c.Rules {
			severity := "off"
			if v, on := base.Severity(r.ID); on {
				severity = v.String()
			}
			note := ""
			if s != nil && len(s.broken[r.ID]) > 0 {
				note, severity = " # the host breaks it, was "+severity, "off"
			} else if s == nil || !s.judged {
				note = " # not known of the host"
			}
			fmt.Fprintf(&b, "  %s: %s%s\n", r.ID, severity, note)
		}
	}
	return b.String()
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// yamlText quotes a text for YAML; single quotes need no escape but themselves.
func yamlText(s string) string { return "'" + strings.ReplaceAll(yamlComment(s), "'", "''") + "'" }

// yamlComment keeps a text on its line.
func yamlComment(s string) string { return text.OneLine(text.Clean(s)) }
