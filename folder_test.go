package signet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"signet/internal/check/all"
)

// spelled are the places outside a check's folder where the word of a check or the id of a rule stands, each with its
// reason. Most of them mean something else by the same word.
var spelled = []struct {
	file  string // or a folder, with a slash at its end
	words []string
	why   string
}{
	{"internal/scope/parse.go", []string{"http", "smb", "ldap"}, "schemes of URLs"},
	{"internal/relay/model.go", []string{"smb", "http", "ldap", "mssql"}, "classes of source and of target, in the ids of paths"},
	{"internal/web/", []string{"http"}, "schemes of URLs, and of tokens"},
	{"internal/wire/rdp/", []string{"rdp"}, "a security protocol of RDP"},
	{"internal/report/html/picture.go", []string{"smb", "http"}, "classes of source, as paths call them"},
	{"internal/report/reporttest/", []string{"smb", "http", "ldap", "smb-signing-not-required", "smb1-enabled", "http-ntlm-plain", "ldap-signing-not-required"}, "a run made up for tests of formats"},
	{"internal/imports/netexec.go", []string{"ldap", "mssql"}, "names of NetExec's databases"},
	{"internal/imports/others.go", []string{"smb", "mssql", "http", "rdp"}, "modules of zgrab2"},
	{"internal/imports/nmapport.go", []string{"rdp"}, "a security protocol of RDP, in the facts of its check"},
	{"internal/imports/nmapsmb.go", []string{"names"}, "a question about NTLM's names, in the facts of a check"},
	{"internal/check/smb/facts.go", []string{"names"}, "the same"},
	{"internal/check/rdp/interview.go", []string{"names"}, "the same"},
	{"internal/run/anonymize.go", []string{"names"}, "a key of JSON"},
	{"internal/cli/cli.go", []string{"smb-signing-not-required"}, "an example in a help text"},
	{"internal/store/storetest/", []string{"smb", "names"}, "observations made up for tests of stores"},
	{"internal/desk/schedule.go", []string{"mail"}, "a kind of channel"},
	{"internal/notify/", []string{"mail", "http"}, "a kind of channel, and the scheme of a URL"},
	{"internal/sso/", []string{"http"}, "the scheme of a URL"},
}

// A check is one folder and one line in package all: what others have to know of it they read from check.Check. So no
// other file may spell its name, or the id of one of its rules anywhere in a text. Tests, policies and documents may.
func TestChecksAreKnownByTheirFolders(t *testing.T) {
	owner := map[string]string{} // folder, by name of a check or id of a rule
	var rules []string
	for _, c := range all.Checks() {
		owner[c.Name] = "internal/check/" + c.Name
		for _, r := range c.Rules {
			owner[r.ID] = "internal/check/" + c.Name
			rules = append(rules, r.ID)
		}
	}
	if len(owner) < 20 {
		t.Fatalf("%d names and rules", len(owner))
	}
	used := make([]map[string]bool, len(spelled))
	for i := range used {
		used[i] = map[string]bool{}
	}
	excused := func(file, word string) bool {
		for i, s := range spelled {
			if (file == s.file || strings.HasSuffix(s.file, "/") && strings.HasPrefix(file, s.file)) && slices.Contains(s.words, word) {
				used[i][word] = true
				return true
			}
		}
		return false
	}
	for _, file := range goFiles(t) {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.ToSlash(filepath.Dir(file))
		ast.Inspect(f, func(n ast.Node) bool {
			if _, isImport := n.(*ast.ImportSpec); isImport {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			word := text
			if owner[word] == "" {
				i := slices.IndexFunc(rules, func(id string) bool { return strings.Contains(text, id) })
				if i < 0 {
					return true
				}
				word = rules[i]
			}
			if owner[word] != folder && !excused(file, word) {
				t.Errorf("%s spells %q, which is %s's", file, word, owner[word])
			}
			return true
		})
	}
	for i, s := range spelled {
		for _, w := range s.words {
			if !used[i][w] {
				t.Errorf("%s does not spell %q any more: take the excuse away", s.file, w)
			}
		}
	}
}

// goFiles lists the program's own files, without tests.
func goFiles(t *testing.T) (list []string) {
	t.Helper()
	for _, root := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				list = append(list, filepath.ToSlash(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	own, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range own {
		if !strings.HasSuffix(file, "_test.go") {
			list = append(list, file)
		}
	}
	return list
}
