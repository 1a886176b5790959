package check

import (
	_ "embed" // references.yaml
	"fmt"

	"go.yaml.in/yaml/v4"
)

// Reference is where others name the weakness of a rule, or the setting that closes it.
type Reference struct {
	Kind  string `yaml:"kind"` // attack-technique, attack-mitigation, nist-800-53, cis, microsoft
	ID    string `yaml:"id"`   // as its kind writes it: T1557.001, SC-8, "Windows Server 2025, 2.3.9.2"
	Title string `yaml:"title"`
	URL   string `yaml:"url"`
	Seen  string `yaml:"seen"` // where it was looked up
}

// KindLabel names a kind for people.
func (r Reference) KindLabel() string {
	switch r.Kind {
	case "attack-technique":
		return "MITRE ATT&CK technique"
	case "attack-mitigation":
		return "MITRE ATT&CK mitigation"
	case "nist-800-53":
		return "NIST SP 800-53 revision 5"
	case "cis":
		return "CIS benchmark"
	case "microsoft":
		return "Microsoft"
	}
	return r.Kind
}

//go:embed references.yaml
var referencesFile []byte

// References reads what every rule refers to, by rule, in the order of the file. A rule without any is not in it: what
// could not be looked up is left out.
func References() (map[string][]Reference, error) {
	var file struct {
		References map[string]Reference `yaml:"references"`
		Rules      map[string][]string  `yaml:"rules"`
	}
	if err := yaml.Load(referencesFile, &file, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("references.yaml: %w", err)
	}
	out := make(map[string][]Reference, len(file.Rules))
	for rule, keys := range file.Rules {
		for _, k := range keys {
			r, ok := file.References[k]
			if !ok {
				return nil, fmt.Errorf("references.yaml: rule %s refers to %q, which is not there", rule, k)
			}
			out[rule] = append(out[rule], r)
		}
	}
	return out, nil
}

// HelpURL is the page to read first about a rule: Microsoft's own, else the first that there is, else "".
func HelpURL(refs []Reference) string {
	for _, r := range refs {
		if r.Kind == "microsoft" {
			return r.URL
		}
	}
	if len(refs) > 0 {
		return refs[0].URL
	}
	return ""
}
