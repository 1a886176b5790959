package scope

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Config is what the user gave.
type Config struct {
	Targets      []string // TARGET arguments
	Files        []string // -f; "-" is Stdin
	Exclude      []string // --exclude, one TARGET each
	ExcludeFiles []string // --exclude-file; "-" is Stdin

	Resolver Resolver // bounds the time of each lookup
	Stdin    io.Reader
	Open     func(name string) (io.ReadCloser, error) // nil: the file system

	// ScannedPort says which open ports of an nmap or masscan file are worth asking; a
	// host without any of them is asked as one that is alive. nil takes all, and so sends
	// to ports that no check knows (a request to 9100 makes a printer print).
	ScannedPort func(port uint16) bool

	Lookups int // at once; 0: 16
}

// Build reads targets and exclusions, looks names up and lays out the scope.
//
// It fails with *InputError for anything that cannot be read, and for an excluded name
// without an address: a run that cannot tell what it must leave alone does not start. A
// target name without an address fails nothing; it stands in Scope.Unresolved. A scope
// may come out empty.
func Build(ctx context.Context, c Config) (*Scope, error) {
	b := builder{config: c, scope: &Scope{}}
	b.targets.names = map[string]int{}
	b.exclude.names = map[string]int{}
	b.readAll()
	if len(b.bad.Errors) > 0 {
		return nil, &b.bad
	}
	if err := b.resolve(ctx); err != nil {
		return nil, err
	}
	unspecified := nowhere()
	b.enter(each(unspecified[:]), rule{void: true})
	s := b.scope
	s.segments, s.asks = b.entries.sweep(&b.rules)
	return s, nil
}

type builder struct {
	config  Config
	scope   *Scope
	bad     InputError
	rules   rulebook
	entries entries
	targets nameList
	exclude nameList
	stdin   bool // has been read
	blocks  int  // with bits of the host part set
}

// nameList keeps names in the order typed, each once.
type nameList struct {
	list  []namedForm
	names map[string]int // by what is looked up
}

type namedForm struct {
	lookup, name string
	plain        bool
	ports        []uint16
}

func (l *nameList) add(f Form) {
	lookup := f.Name
	if f.Rooted {
		lookup += "."
	}
	i, known := l.names[lookup]
	if !known {
		i = len(l.list)
		l.names[lookup] = i
		l.list = append(l.list, namedForm{lookup: lookup, name: f.Name})
	}
	n := &l.list[i]
	n.plain = n.plain || len(f.Ports) == 0
	n.ports = sortedPorts(append(n.ports, f.Ports...))
}

func (l *nameList) lookups() []string {
	out := make([]string, len(l.list))
	for i := range l.list {
		out[i] = l.list[i].lookup
	}
	return out
}

func (b *builder) readAll() {
	c := &b.config
	b.typed(c.Targets, "", b.target)
	b.typed(c.Exclude, "--exclude ", b.exclusion)
	b.scope.typed = append(b.scope.typed, c.Targets...)
	for _, name := range c.Files {
		b.file(name, false, b.target)
		b.scope.typed = append(b.scope.typed, "-f "+name)
	}
	for _, name := range c.ExcludeFiles {
		b.file(name, true, b.exclusion)
	}
}

// typed reads what stood on the command line, flag before it.
func (b *builder) typed(texts []string, flag string, take func(Form, string)) {
	for _, text := range texts {
		form, err := Parse(text)
		if err != nil {
			advice := ""
			if strings.Contains(text, ",") && !strings.Contains(err.Error(), "one by one") {
				advice = "; several targets are separated by spaces, not by commas"
			}
			if !b.bad.add(fmt.Errorf("%s%w%s", flag, err, advice)) {
				return
			}
			continue
		}
		take(form, "")
	}
}

func (b *builder) file(name string, whole bool, take func(Form, string)) {
	if b.bad.More {
		return
	}
	in, shown, err := b.open(name)
	if err != nil {
		b.bad.add(err)
		return
	}
	defer in.Close()
	s := source{name: shown, whole: whole, keep: b.config.ScannedPort, form: take, bad: &b.bad,
		note: func(text string) { b.scope.notes = append(b.scope.notes, text) }}
	s.read(in)
}

func (b *builder) open(name string) (in io.ReadCloser, shown string, err error) {
	if name == "-" {
		if b.stdin || b.config.Stdin == nil {
			return nil, "", errors.New("standard input can be read only once")
		}
		b.stdin = true
		return io.NopCloser(b.config.Stdin), "standard input", nil
	}
	if b.config.Open != nil {
		in, err = b.config.Open(name)
	} else {
		in, err = os.Open(name)
	}
	if errors.Is(err, fs.ErrNotExist) && strings.Contains(name, ",") {
		err = fmt.Errorf("%w; each file takes a flag of its own", err)
	}
	return in, name, err
}

// target takes a form to ask. Addresses may carry a name that a scan file gave them.
func (b *builder) target(f Form, name string) {
	if len(f.Ranges) == 0 {
		b.targets.add(f)
		return
	}
	b.block(f.Prefix, "", "asked")
	if p := f.Prefix; p.IsValid() && p.Bits() < shortest {
		b.scope.short = append(b.scope.short, p.Masked())
	}
	b.enter(f.Ranges, rule{plain: len(f.Ports) == 0, name: name, ports: f.Ports})
}

// mostBlocks is how many blocks with bits of the host part are named one by one.
const mostBlocks = 5

// block names a block that was typed with bits of the host part set: 10.0.0.5/16 may have been meant as one address.
func (b *builder) block(p netip.Prefix, flag, done string) {
	if !p.IsValid() || p == p.Masked() {
		return
	}
	switch b.blocks++; {
	case b.blocks <= mostBlocks:
		b.scope.notes = append(b.scope.notes, fmt.Sprintf("%s%s has bits of the host part set: %s is %s (for the one address write %s)", flag, p, p.Masked(), done, p.Addr()))
	case b.blocks == mostBlocks+1:
		b.scope.notes = append(b.scope.notes, "… and more blocks that have bits of the host part set")
	}
}

func (b *builder) exclusion(f Form, _ string) {
	if len(f.Ranges) == 0 {
		b.exclude.add(f)
		return
	}
	b.block(f.Prefix, "exclusion ", "left out")
	b.leaveOut(f.Ranges, f.Ports)
}

func (b *builder) enter(ranges []Range, r rule) {
	number := b.rules.intern(r)
	for _, r := range ranges {
		b.entries.addRange(r, number)
	}
}

func (b *builder) leaveOut(ranges []Range, ports []uint16) {
	for _, r := range ranges {
		b.scope.excluded.add(r, ports)
	}
	b.enter(ranges, rule{void: len(ports) == 0, without: ports})
}

// obeyExcludedNames leaves out the addresses that a scan file gives under an excluded
// name, which may have another address by now.
func (b *builder) obeyExcludedNames() {
	for _, e := range b.entries.list {
		if name := b.rules.rules[e.rule].name; name != "" && b.scope.ExcludedName(name) {
			b.scope.excluded.all = append(b.scope.excluded.all, e.span)
			b.rules.rules[e.rule].void = true
		}
	}
	b.scope.excluded.seal()
}

func (b *builder) resolve(ctx context.Context) error {
	if err := b.resolveExclusions(ctx); err != nil {
		return err
	}
	b.obeyExcludedNames()
	b.targets.list = slices.DeleteFunc(b.targets.list, func(n namedForm) bool { return b.scope.ExcludedName(n.name) })
	for i, a := range b.lookup(ctx, b.targets) {
		n := &b.targets.list[i]
		if a.err != nil {
			b.scope.unresolved = append(b.scope.unresolved, NameError{n.name, a.err})
			continue
		}
		b.enter(each(a.addrs), rule{plain: n.plain, name: n.name, ports: n.ports})
	}
	return ctx.Err()
}

func (b *builder) resolveExclusions(ctx context.Context) error {
	for i, a := range b.lookup(ctx, b.exclude) {
		n := &b.exclude.list[i]
		if a.err != nil {
			b.bad.add(fmt.Errorf("excluded name %w (Signet cannot avoid a host without its address: exclude the address, or remove the name)", NameError{n.name, a.err}))
			continue
		}
		if n.plain {
			b.scope.excluded.names = append(b.scope.excluded.names, n.name)
			b.leaveOut(each(a.addrs), nil)
		}
		if len(n.ports) > 0 {
			b.leaveOut(each(a.addrs), n.ports)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(b.bad.Errors) > 0 {
		return &b.bad
	}
	b.scope.excluded.seal()
	return nil
}

func (b *builder) lookup(ctx context.Context, names nameList) []answer {
	atOnce := b.config.Lookups
	if atOnce <= 0 {
		atOnce = 16
	}
	return lookupAll(ctx, b.config.Resolver, names.lookups(), atOnce)
}
