package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"signet/internal/bounds"
	"signet/internal/run"
	"signet/internal/text"
)

// configure fills flags that were not given from the environment (SIGNET_RATE for --rate), then from signet.yaml:
// in the working directory, else in the user's configuration folder, else none; SIGNET_CONFIG names another.
func (a *app) configure(cmd *cobra.Command) error {
	a.unknownVariables(cmd.Root())
	file, err := a.readConfig(cmd)
	if err != nil {
		return err
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if failed != nil || f.Changed || f.Name == "help" || f.Annotations[typedOnly] != nil {
			return
		}
		s := file[f.Name]
		key := variableOf(f.Name)
		if v := a.env[key]; v != "" {
			s = setting{[]string{v}, key}
		}
		if _, list := f.Value.(pflag.SliceValue); !list && len(s.values) > 1 {
			failed = usage("%s: %s: want one value, not a list", s.at, f.Name)
			return
		}
		for _, v := range s.values {
			if err := cmd.Flags().Set(f.Name, v); err != nil {
				failed = usage("%s: %s", s.at, cmp.Or(plainValue(err), err.Error()))
			}
		}
	})
	return failed
}

// variableOf is the variable that sets a flag.
func variableOf(flag string) string {
	return "SIGNET_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// unknownVariables names what is set like a setting of Signet's and is none: a slip there would change what is asked unseen.
func (a *app) unknownVariables(root *cobra.Command) {
	known := []string{"SIGNET_CONFIG", smtpPasswordVariable, oidcSecretVariable}
	for _, name := range flagNames(root) {
		known = append(known, variableOf(name))
	}
	for _, name := range slices.Sorted(maps.Keys(a.env)) {
		if strings.HasPrefix(name, "SIGNET_") && a.env[name] != "" && !slices.Contains(known, name) {
			a.tell(name + " is set, and no setting has that name" + text.DidYouMean(name, known))
		}
	}
}

// typedOnly marks flags whose words are not those of signet scan: what environment and file say is not meant for them.
const typedOnly = "typed-only"

func markTypedOnly(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		cmd.Flags().Lookup(name).Annotations = map[string][]string{typedOnly: {}}
	}
}

// setting is one key of a configuration file and where it stands.
type setting struct {
	values []string
	at     string // FILE:LINE, or the variable
}

func (a *app) readConfig(cmd *cobra.Command) (map[string]setting, error) {
	paths := []string{"signet.yaml"}
	if dir := a.userDir("XDG_CONFIG_HOME", ".config"); dir != "" {
		paths = append(paths, filepath.Join(dir, "signet.yaml"))
	}
	if p, ok := a.env["SIGNET_CONFIG"]; ok {
		paths = []string{p}
	}
	for _, path := range paths {
		b, err := run.ReadYAML(path)
		if errors.Is(err, fs.ErrNotExist) && a.env["SIGNET_CONFIG"] == "" {
			continue
		}
		if err != nil {
			return nil, usage("configuration: %v", err)
		}
		return parseConfig(path, b, cmd.Root())
	}
	return nil, nil
}

// userDir is the user's signet folder of a kind, or empty where the environment names no home.
func (a *app) userDir(variable, below string) string {
	if d := a.env[variable]; d != "" {
		return filepath.Join(d, "signet")
	}
	if home := a.env["HOME"]; home != "" {
		return filepath.Join(home, below, "signet")
	}
	if d := a.env["LOCALAPPDATA"]; d != "" {
		return filepath.Join(d, "signet")
	}
	return ""
}

// parseConfig reads a mapping from flag names to scalars or lists. A key that is no flag of any command is refused.
func parseConfig(path string, b []byte, root *cobra.Command) (map[string]setting, error) {
	doc, err := bounds.YAML(b)
	if err != nil {
		return nil, usage("%s: %v", path, err)
	}
	if len(doc.Content) == 0 { // nothing, or comments alone
		return nil, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, usage("%s:%d: want a mapping of flag names to values, like `rate: 500`", path, top.Line)
	}
	out := map[string]setting{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		at := fmt.Sprintf("%s:%d", path, key.Line)
		if !isFlag(root, key.Value) {
			return nil, usage("%s: unknown key %q%s (keys are the long flags of signet scan without --)", at, key.Value, text.DidYouMean(key.Value, flagNames(root)))
		}
		if _, twice := out[key.Value]; twice {
			return nil, usage("%s: key %q stands there twice", at, key.Value)
		}
		s := setting{at: at}
		switch {
		case value.Tag == "!!null":
		case value.Kind == yaml.ScalarNode:
			s.values = []string{value.Value}
		case value.Kind == yaml.SequenceNode:
			for _, v := range value.Content {
				if v.Kind != yaml.ScalarNode {
					return nil, usage("%s:%d: %s: want a list of values", path, v.Line, key.Value)
				}
				s.values = append(s.values, v.Value)
			}
		default:
			return nil, usage("%s: %s: want a value or a list of values", at, key.Value)
		}
		out[key.Value] = s
	}
	return out, nil
}

func isFlag(root *cobra.Command, name string) bool {
	for _, c := range root.Commands() {
		if c.Flags().Lookup(name) != nil {
			return name != "help"
		}
	}
	return false
}

// flagNames are the long flags of a command and of those below it.
func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	for _, c := range cmd.Commands() {
		names = append(names, flagNames(c)...)
	}
	return names
}
