package estate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/judge"
	"signet/internal/relay"
	"signet/internal/report"
)

// Maker makes the reading of a run as it hears of it: a report.Handler. Its memory grows with the hosts under way alone. The judge it
// asks may have any policy: none is in what it writes.
type Maker struct {
	report.Ignore
	judge  *judge.Judge
	checks []check.Check
	emit   func(part []byte) error
	head   Head
	open   map[netip.Addr][]said
	seen   map[netip.Addr]uint8
	pack   *packer
	sealer sealer
	pages  map[string]func(signet.Facts) ([]string, error) // by check
	folded bool                                            // hosts come
	size   Size
}

// Size is how much a reading holds: who reads it makes room for it at once.
type Size struct {
	Hosts, Names, Endpoints, Breaches int
}

// Size is that of what was written up to now.
func (m *Maker) Size() Size { return m.size }

// said is one endpoint until its host is whole.
type said struct {
	at              signet.Endpoint
	check           string
	outcome         signet.Outcome
	verdict         signet.Verdict
	observed        time.Time
	unasked, source string
	pages           string
	breaches        []check.Breach
	roles, names    []string // of itself, where hosts do not come
	who             string
}

// NewMaker gives each part of a reading to emit as soon as it is whole, the head last; an error of emit ends the run. checks are
// those that j was made of.
func NewMaker(checks []check.Check, j *judge.Judge, emit func(part []byte) error) *Maker {
	m := &Maker{judge: j, checks: checks, emit: emit, open: map[netip.Addr][]said{}, seen: map[netip.Addr]uint8{}, pack: newPacker(), pages: map[string]func(signet.Facts) ([]string, error){}}
	for i := range checks {
		m.pages[checks[i].Name] = checks[i].Pages
	}
	return m
}

// Wants hosts.
func (m *Maker) Wants() report.Wants { return report.Wants{Hosts: true} }

// Begin notes what the run says of itself.
func (m *Maker) Begin(h *report.Header) error {
	m.head = Head{Run: h.Run, Tool: h.Tool, Started: stored(h.Started), Targets: h.Targets, Checks: h.Checks, Depth: h.Depth, Policy: h.Policy, Versions: map[string]int{}}
	for _, w := range h.Warnings {
		if !slices.Contains(m.judge.Warnings(), w) { // another policy has others
			m.head.Warnings = append(m.head.Warnings, w)
		}
	}
	for i := range m.checks {
		m.head.Versions[m.checks[i].Name] = m.checks[i].Version
	}
	return nil
}

// stored is a moment as exact as a store keeps it: the reading of a run that is made is the one that is made of it later.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Client notes which classes of source a client was seen to be.
func (m *Maker) Client(c *signet.Client) error {
	for _, s := range relay.Seen(c) {
		m.seen[c.Address] |= 1 << s
	}
	return nil
}

// Endpoint takes what one endpoint said, if anything was there.
func (m *Maker) Endpoint(l *report.Line) error {
	if !l.Reached() {
		return nil
	}
	view := m.judge.Opinion(l.Observation)
	s := said{at: l.Observation.Endpoint, check: l.Check, outcome: l.Outcome, verdict: view.Verdict, observed: stored(l.At), unasked: strings.Join(l.Unasked, " "), source: l.Source, breaches: view.Breaches}
	if !m.folded {
		roles, at := m.judge.Standing(l.Observation, nil)
		s.roles, s.names, s.who = roles, at.Names, l.Who()
	}
	if pages := m.pages[l.Check]; pages != nil && l.Facts != nil {
		if list, err := pages(l.Facts); err == nil { // else the judge says so
			slices.Sort(list)
			s.pages = cmp.Or(strings.Join(slices.Compact(list), "\n"), noPage)
		}
	}
	m.open[l.Addr] = append(m.open[l.Addr], s)
	return nil
}

// noPage stands for none where there could be some.
const noPage = "-"

// Left ends a host of a run whose hosts are not folded.
func (m *Maker) Left(addr netip.Addr) error {
	if list := m.open[addr]; list != nil {
		return m.host(bare(addr, list))
	}
	return nil
}

// bare is what endpoints say of their host by themselves.
func bare(addr netip.Addr, list []said) *signet.Host {
	h := &signet.Host{Address: addr}
	name := func(kind check.NameKind, s string) {
		if !slices.ContainsFunc(h.Names, func(n signet.HostName) bool { return strings.EqualFold(n.Name, s) }) {
			h.Names = append(h.Names, signet.HostName{Kind: kind.String(), Name: s})
		}
	}
	who, short := "", ""
	for i := range list {
		s := &list[i]
		who = cmp.Or(who, s.who)
		for _, n := range s.names {
			switch {
			case n == s.at.Name:
				name(check.NameAlias, n)
			case strings.Contains(n, "."):
				name(check.NameDNS, n)
				h.Name = cmp.Or(h.Name, n)
			default:
				name(check.NameNetBIOS, n)
				short = cmp.Or(short, n)
			}
		}
		for _, r := range s.roles {
			if !h.Has(r) {
				h.Roles = append(h.Roles, signet.HostRole{Role: r, Certain: true})
			}
		}
	}
	h.Name = cmp.Or(h.Name, short, who)
	return h
}

// Host writes a host that is whole.
func (m *Maker) Host(h *signet.Host) error {
	m.folded = true
	return m.host(h)
}

func (m *Maker) host(h *signet.Host) error {
	list := m.open[h.Address]
	delete(m.open, h.Address)
	seen := m.seen[h.Address]
	delete(m.seen, h.Address)
	m.write(h, list, seen)
	if m.pack.items >= fullHosts || m.pack.size() >= fullPart {
		return m.flush()
	}
	return nil
}

func (m *Maker) flush() error {
	if m.pack.items == 0 {
		return nil
	}
	part, err := m.pack.seal(&m.sealer, partOf)
	if err != nil {
		return err
	}
	m.pack = newPacker()
	return m.emit(part)
}

// End writes what is left, and the head.
func (m *Maker) End(s *report.Summary) error {
	for _, addr := range slices.SortedFunc(maps.Keys(m.open), netip.Addr.Compare) {
		if err := m.Left(addr); err != nil {
			return err
		}
	}
	for _, addr := range slices.SortedFunc(maps.Keys(m.seen), netip.Addr.Compare) { // seen as clients alone
		if err := m.host(&signet.Host{Address: addr}); err != nil {
			return err
		}
	}
	if err := m.flush(); err != nil {
		return err
	}
	m.head.Ended, m.head.Interrupted, m.head.Coverage, m.head.Lost = stored(s.Ended), s.Interrupted, s.Coverage, s.Lost
	m.head.Coverage.Undetermined = 0 // which the endpoints say
	plain, err := json.Marshal(&m.head)
	if err != nil {
		return fmt.Errorf("the head of a reading: %w", err)
	}
	part, err := m.sealer.seal(partHead, plain)
	if err != nil {
		return err
	}
	return m.emit(part)
}

// write appends a host to the part.
func (m *Maker) write(h *signet.Host, list []said, seen uint8) {
	p := m.pack
	p.items++
	p.addr(h.Address)
	var flags hostFlags
	switch h.Windows {
	case signet.Yes:
		flags |= flagWindows
	case signet.No:
		flags |= flagOther
	}
	if h.Samba {
		flags |= flagSamba
	}
	if len(list) == 0 && seen != 0 {
		flags |= flagClient
	}
	guid, ok := parseGUID(h.GUID)
	if ok {
		flags |= flagGUID
	}
	p.octet(byte(flags))
	p.octet(seen)
	if ok {
		p.body = append(p.body, guid[:]...)
	}
	for _, s := range []string{h.Name, h.Domain, h.Forest, h.OS, h.OSVersion, roleWords(h.Roles)} {
		p.word(s)
	}
	same := ""
	if h.SameAs.IsValid() {
		same = h.SameAs.String()
	}
	p.word(same)
	m.size.Hosts, m.size.Names, m.size.Endpoints = m.size.Hosts+1, m.size.Names+len(h.Names), m.size.Endpoints+len(list)
	p.number(uint64(len(h.Names)))
	for _, n := range h.Names {
		p.octet(byte(max(slices.Index(nameKinds(), n.Kind), 0)))
		p.word(n.Name)
	}
	slices.SortStableFunc(list, func(a, b said) int {
		if a.at.Port != b.at.Port {
			return int(a.at.Port) - int(b.at.Port)
		}
		return int(a.at.Transport) - int(b.at.Transport)
	})
	p.number(uint64(len(list)))
	last := int64(0)
	for i := range list {
		last = m.door(&list[i], last)
	}
}

// The low bits of an endpoint's last byte.
const (
	doorUDP = 1 << iota
	doorNote
	doorBreach
)

// door appends an endpoint. Times follow each other: they are written as what lies between.
func (m *Maker) door(s *said, last int64) int64 {
	p := m.pack
	p.number(uint64(s.at.Port))
	p.word(s.check)
	p.octet(byte(s.outcome) | byte(s.verdict)<<4)
	var more byte
	if s.at.Transport == signet.UDP {
		more |= doorUDP
	}
	if s.unasked != "" || s.source != "" || s.pages != "" {
		more |= doorNote
	}
	if len(s.breaches) > 0 {
		more |= doorBreach
	}
	p.octet(more)
	at := min(max(s.observed.Sub(m.head.Started).Milliseconds(), 0), 1<<32-1)
	p.signed(at - last)
	if more&doorNote != 0 {
		p.word(s.unasked)
		p.word(s.source)
		p.word(s.pages)
	}
	if more&doorBreach != 0 {
		m.size.Breaches += len(s.breaches)
		p.number(uint64(len(s.breaches)))
		for i := range s.breaches {
			b := &s.breaches[i]
			p.word(b.Rule)
			p.word(b.Where)
			p.word(strings.Join(b.Because, "\n"))
		}
	}
	return at
}

// roleWords writes roles as a reading keeps them.
func roleWords(roles []signet.HostRole) string {
	var list []string
	for _, r := range roles {
		if r.Certain {
			list = append(list, r.Role)
		} else {
			list = append(list, r.Role+"?")
		}
	}
	return strings.Join(list, " ")
}
