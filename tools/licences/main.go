// Command licences prints the licences of everything that the signet binary is built from, besides Signet's own: the Go
// standard library's and those of the modules that it links on a platform. They are read where the go command keeps the
// modules, so that they are those of the versions that are linked: go run ./tools/licences linux amd64.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// name matches the files that say under what terms code may be passed on.
var name = regexp.MustCompile(`(?i)^([a-z0-9]+-)?(licen[cs]e|copying|notice|patents)([-.].*)?$`)

// folder is one that a linked package lies in, or the root of its module.
type folder struct{ module, dir string }

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: licences GOOS GOARCH")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, system, processor string) error {
	root, err := output(exec.Command("go", "env", "GOROOT"))
	if err != nil {
		return err
	}
	// Without cgo, as tools/dist builds.
	listing := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}", "./cmd/signet")
	listing.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0")
	list, err := output(listing)
	if err != nil {
		return err
	}
	folders := []folder{{"The Go standard library", strings.TrimSpace(root)}}
	for line := range strings.Lines(list) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			continue
		}
		// The root of the module first: its licence is that of all its packages, and theirs are further ones.
		folders = append(folders, folder{f[0], f[1]})
		for dir := f[2]; dir != f[1] && len(dir) > len(f[1]); dir = filepath.Dir(dir) {
			folders = append(folders, folder{f[0], dir})
		}
	}
	return write(w, folders)
}

// write prints the licences of folders, each file once, and fails where a module has none.
func write(w io.Writer, folders []folder) error {
	var b bytes.Buffer
	b.WriteString("Signet is built from the following software besides its own. Each part is under the terms that follow its name.\n")
	slices.SortStableFunc(folders[1:], func(a, b folder) int { return strings.Compare(a.module, b.module) })
	seen, found := map[string]bool{}, map[string]bool{}
	for _, f := range folders {
		entries, err := os.ReadDir(f.dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(f.dir, e.Name())
			if e.IsDir() || !name.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") || seen[path] {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			seen[path], found[f.module] = true, true
			fmt.Fprintf(&b, "\n%s\n%s: %s\n\n%s\n", strings.Repeat("=", 78), f.module, e.Name(), bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
		}
	}
	var missing []error
	for _, f := range folders {
		if !found[f.module] {
			found[f.module] = true
			missing = append(missing, fmt.Errorf("%s has no licence in %s", f.module, f.dir))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

func output(cmd *exec.Cmd) (string, error) {
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(cmd.Args[:2], " "), err)
	}
	return string(out), nil
}
