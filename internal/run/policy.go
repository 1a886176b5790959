package run

import (
	"fmt"
	"os"
	"strings"

	"signet/internal/bounds"
	"signet/internal/judge"
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
			return nil, refuse("policy", "{policy}: %v, or a YAML file", err)
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
