package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"signet/internal/store"
)

// Policy is one of the desk's own, as its last version says. Its name is its ID, and stays.
type Policy struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Version int       `json:"version"` // from 1, one more at each change
	YAML    string    `json:"yaml"`
	By      string    `json:"by"` // ID of who wrote this version
	At      time.Time `json:"at"`
	Rev     uint64    `json:"-"`
}

const (
	mostPolicies = 200
	mostYAML     = 1 << 20
	versionKind  = "policy-version"
)

func versionID(name string, version int) string { return fmt.Sprintf("%s/%08d", name, version) }

// knowsPolicy tells whether there is a policy of that name, shipped or here.
func (d *Desk) knowsPolicy(name string) bool {
	_, err := d.policies.get(name)
	return err == nil || slices.Contains(d.config.Policies, name)
}

func policyOf(k kept[Policy]) Policy {
	p := k.v
	p.Rev = k.rev
	return p
}

// OwnPolicies lists the desk's own policies by name.
func (d *Desk) OwnPolicies() []Policy {
	var list []Policy
	for _, k := range d.policies.list() {
		list = append(list, policyOf(k))
	}
	return list
}

// Policy gives one of the desk's own.
func (d *Desk) Policy(name string) (Policy, error) {
	k, err := d.policies.get(name)
	return policyOf(k), err
}

// PolicyVersions gives all versions of a policy, newest first, those of before it was removed and made anew too.
func (d *Desk) PolicyVersions(ctx context.Context, name string) ([]Policy, error) {
	var list []Policy
	for after := ""; ; {
		docs, err := d.store.Documents(ctx, versionKind, name+"/", after, page)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			var p Policy
			if err := json.Unmarshal(doc.Body, &p); err != nil {
				return nil, fmt.Errorf("%s %q cannot be read: %w", versionKind, doc.ID, err)
			}
			list, after = append(list, p), doc.ID
		}
		if len(docs) < page {
			break
		}
	}
	slices.Reverse(list)
	return list, nil
}

// CreatePolicy makes a policy.
func (d *Desk) CreatePolicy(ctx context.Context, act Act, name, yaml string) (Policy, error) {
	if !Allow(act.Who, Administer, "") {
		return Policy{}, ErrForbidden
	}
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`).MatchString(name) {
		return Policy{}, wrong("name", "want 1 to 64 lower-case letters, digits, dots, hyphens and underscores")
	}
	if err := d.checkYAML(yaml); err != nil {
		return Policy{}, err
	}
	before, err := d.PolicyVersions(ctx, name)
	if err != nil {
		return Policy{}, err
	}
	err = d.change(ctx, act, func(p *plan) error {
		if d.knowsPolicy(name) {
			return wrong("name", "is another policy's")
		}
		if len(d.policies.list()) >= mostPolicies {
			return ErrTooMany
		}
		version := 1
		if len(before) > 0 {
			version = before[0].Version + 1
		}
		p.note("policy.create", name, "version", fmt.Sprint(version))
		return d.putPolicy(p, Policy{ID: name, Name: name, Version: version, YAML: yaml}, 0)
	})
	if err != nil {
		return Policy{}, err
	}
	return d.Policy(name)
}

// ChangePolicy writes the next version of a policy.
func (d *Desk) ChangePolicy(ctx context.Context, act Act, name string, was uint64, yaml string) (Policy, error) {
	if !Allow(act.Who, Administer, "") {
		return Policy{}, ErrForbidden
	}
	if err := d.checkYAML(yaml); err != nil {
		return Policy{}, err
	}
	err := d.change(ctx, act, func(p *plan) error {
		k, err := d.policies.at(name, was)
		if err != nil {
			return err
		}
		next := k.v
		next.Version, next.YAML = next.Version+1, yaml
		p.note("policy.change", name, "version", fmt.Sprint(next.Version))
		return d.putPolicy(p, next, k.rev)
	})
	if err != nil {
		return Policy{}, err
	}
	return d.Policy(name)
}

// putPolicy plans a version, by itself and as the last one.
func (d *Desk) putPolicy(p *plan, v Policy, was uint64) error {
	v.By, v.At = p.act.Who.ID, p.now
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	p.changes = append(p.changes, change{store.Edit{Kind: versionKind, ID: versionID(v.Name, v.Version), Body: b}, func(uint64) {}})
	return d.policies.put(p, v.ID, was, v)
}

// RemovePolicy removes a policy that nothing is judged by. Its versions stay.
func (d *Desk) RemovePolicy(ctx context.Context, act Act, name string, was uint64) error {
	if !Allow(act.Who, Administer, "") {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		k, err := d.policies.at(name, was)
		if err != nil {
			return err
		}
		if s, ok := d.sites.find(func(s *Site) bool { return s.Policy == name }); ok {
			return inUse("the site " + s.v.Name)
		}
		if d.Settings().Policy == name {
			return inUse("the settings")
		}
		d.policies.remove(p, name, k.rev)
		p.note("policy.remove", name)
		return nil
	})
}

func (d *Desk) checkYAML(yaml string) error {
	if len(yaml) > mostYAML {
		return wrong("yaml", "has more than %d bytes", mostYAML)
	}
	if d.config.LintPolicy != nil {
		if err := d.config.LintPolicy(yaml); err != nil {
			return &FieldError{"yaml", err.Error()}
		}
	}
	return nil
}
