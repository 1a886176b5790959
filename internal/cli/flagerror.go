package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"signet/internal/text"
)

// flagError is wrong usage, with the flag that was meant where one can tell.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	if first := append(a.Args, "-")[0]; !cmd.HasParent() && !strings.HasPrefix(first, "-") { // a flag of the command that is missing
		return commandsOnly(cmd, a.Args)
	}
	meant := ""
	if wrong := plainValue(err); wrong != "" {
		return usage("%s (see %s --help)", wrong, cmd.CommandPath())
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		word := unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			word = "-" + short
		}
		meant = meantFlag(cmd.Flags(), word)
		if scan, _, err := cmd.Find([]string{"scan"}); meant == "" && !cmd.HasParent() && err == nil && hasFlag(scan.Flags(), word) {
			meant = "; a command is missing: it is a flag of signet scan"
		}
	}
	return usage("%v%s (see %s --help)", err, meant, cmd.CommandPath())
}

// hasFlag tells whether a flag is known by a word, which has its dash where it is a short one.
func hasFlag(flags *pflag.FlagSet, word string) bool {
	if short, is := strings.CutPrefix(word, "-"); is {
		return flags.ShorthandLookup(short[:1]) != nil
	}
	return flags.Lookup(word) != nil
}

// plainValue words the error of a value that is of the wrong kind for its flag as a person would; empty for any other.
func plainValue(err error) string {
	wrong, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return ""
	}
	want := ""
	switch wrong.GetFlag().Value.Type() {
	case "bool":
		want = "true or false"
	case "float64", "int", "uint64":
		want = "a number"
	default:
		return ""
	}
	said, _, _ := strings.Cut(err.Error(), "strconv.")
	return said + "want " + want
}

// meantFlag says which flag of a command does what a flag of nmap's or curl's does, else which one has a name like it. word
// has its dash where it is a short one.
func meantFlag(flags *pflag.FlagSet, word string) string {
	if long, short := strings.CutPrefix(word, "-"); short && flags.Lookup(long) != nil { // before the letters that it may be read as
		return "; did you mean --" + long + "?"
	}
	habits := []struct{ typed, flag, does string }{
		{"-i", "file", "-f FILE reads targets from a file"},
		{"-v", "all", "--all reports every endpoint"},
		{"verbose", "all", "--all reports every endpoint"},
		{"-q", "no-progress", "--no-progress keeps progress off the terminal; only the report goes to standard output"},
		{"quiet", "no-progress", "--no-progress keeps progress off the terminal; only the report goes to standard output"},
		{"-T", "rate", "--rate N sets the pace"},
		{"-s", "discover", "--discover syn or connect finds open ports"},
		{"-P", "discover", "Signet sends no ping and asks every target"},
		{"open", "all", "closed ports are reported with --all alone"},
		{"top-ports", "ports", "--ports PORTS names the ports of a check, which has its own by default"},
		{"threads", "in-flight", "--in-flight N bounds what is open at once"},
		{"concurrency", "in-flight", "--in-flight N bounds what is open at once"},
		{"workers", "in-flight", "--in-flight N bounds what is open at once"},
		{"debug", "trace", "--trace writes the bytes of every exchange"},
		{"format", "output", "-o FORMAT writes a format"},
		{"json", "output", "-o json writes JSON"},
		{"-o", "format", "--format FORMAT chooses the script; it goes to standard output"},
		{"output", "format", "--format FORMAT chooses the script; it goes to standard output"},
		{"-V", "version", "--version prints the version"},
	}
	for _, h := range habits {
		short := strings.HasPrefix(h.typed, "-") && strings.HasPrefix(word, h.typed)
		if (short || word == h.typed) && flags.Lookup(h.flag) != nil {
			return "; " + h.does
		}
	}
	if strings.HasPrefix(word, "-") {
		return ""
	}
	if _, format := formatOf(word); format && flags.Lookup("output") != nil {
		return "; -o " + word + " writes it, -o " + word + "=FILE to a file"
	}
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := text.Nearest(word, names); near != "" {
		return "; did you mean --" + near + "?"
	}
	return ""
}
