package cli

import (
	"strings"

	"signet/internal/judge"
)

// judging is the judge under the policy of --policy.
func (a *app) judging(name string) (*judge.Judge, *judge.Policy, error) {
	policy, err := readPolicy(name)
	if err != nil {
		return nil, nil, err
	}
	j, err := judge.New(a.checks, policy)
	if err != nil {
		return nil, nil, usage("%v", err)
	}
	return j, policy, nil
}

// readPolicy reads a built-in policy, or a file if the name looks like one.
func readPolicy(name string) (*judge.Policy, error) {
	if !strings.ContainsAny(name, "./\\") {
		p, err := judge.BuiltIn(name)
		if err != nil {
			return nil, usage("--policy: %v, or a YAML file", err)
		}
		return p, nil
	}
	b, err := readBounded(name)
	if err != nil {
		return nil, usage("--policy: %v", err)
	}
	p, err := judge.Parse(b)
	if err != nil {
		return nil, usage("--policy %s: %v", name, err)
	}
	return p, nil
}
