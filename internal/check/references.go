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

// References reads what rules may refer to, by the keys that they name (Rule.Refers).
func References() (map[string]Reference, error) {
	var file struct {
		References map[string]Reference `yaml:"references"`
	}
	if err := yaml.Load(referencesFile, &file, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("references.yaml: %w", err)
	}
	return file.References, nil
}
