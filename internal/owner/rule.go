package owner

import (
	"fmt"
	"net/netip"
	"path"
	"strings"

	"signet/internal/sheet"
)

// Rule gives what it matches an owner. Of several rules that match the first one counts.
type Rule struct {
	// Match is an address, a CIDR block, a name, a pattern of names (* and ? stand for what they stand for in a shell, dots included; case does
	// not matter) or tag:NAME, for a tag of the policy that judges there.
	Match string `json:"match"`
	Owner string `json:"owner"`
}

// Most is how many rules there may be.
const Most = 2000

const tagPrefix = "tag:"

// columns are those of a table of rules.
func columns() []string { return []string{"match", "owner"} }

// Read reads a table with the columns match and owner. lines are those of the rules. There are no rules where there is a problem.
func Read(text []byte) (rules []Rule, lines []int, problems []sheet.Problem) {
	rows, problems := sheet.Read(text, Most, columns(), columns())
	for i := range rows {
		r := Rule{rows[i].Get("match"), rows[i].Get("owner")}
		if err := Check(r.Match); err != nil {
			problems = append(problems, rows[i].Wrong("match", err.Error()))
		}
		rules, lines = append(rules, r), append(lines, rows[i].Line)
	}
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return rules, lines, nil
}

// Rows are rules as a table: its head and its lines.
func Rows(rules []Rule) (head []string, rows [][]string) {
	for _, r := range rules {
		rows = append(rows, []string{r.Match, r.Owner})
	}
	return columns(), rows
}

// Check tells what is wrong with what a rule matches.
func Check(match string) error {
	if tag, ok := strings.CutPrefix(match, tagPrefix); ok {
		if strings.TrimSpace(tag) == "" {
			return fmt.Errorf("tag: names no tag")
		}
		return nil
	}
	if strings.HasPrefix(match, "ou:") { // nothing that is asked tells of it
		return fmt.Errorf("the organisational unit of a host is not known here: name a CIDR block, a pattern of names, or tag:NAME of the policy")
	}
	if strings.ContainsAny(match, "/:") || strings.Trim(match, "0123456789.") == "" {
		if _, err := prefix(match); err != nil {
			return fmt.Errorf("%.60q is not an address, a CIDR block, a pattern of names or tag:NAME", match)
		}
		return nil
	}
	if _, err := path.Match(match, ""); err != nil || strings.ContainsFunc(match, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%.60q is not a pattern of names", match)
	}
	return nil
}

func prefix(match string) (netip.Prefix, error) {
	if strings.Contains(match, "/") {
		p, err := netip.ParsePrefix(match)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(match)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}
