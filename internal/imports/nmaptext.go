package imports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"signet/internal/bounds"
)

// NmapText reads what nmap prints for people (-oN, or a terminal's output that was kept): the same scripts as in its XML,
// by their text. Several runs may stand in one file, and anything else before, between and behind them: prompts, banners, colours,
// or a margin of quotation marks or times.
func NmapText(r io.Reader, host Hosts, deliver Sink) (Stats, error) {
	st := Stats{Source: "nmap"}
	err := nmapText(r, &st, host, deliver)
	st.homeless()
	return st, err
}

func nmapText(r io.Reader, st *Stats, host Hosts, deliver Sink) error {
	p := &nmapPrint{
		stats: st, seen: host, deliver: deliver, mark: nmapMark(),
		version:   regexp.MustCompile(`^(?:# |Starting )[Nn]map (?:V\. )?(\S{1,40})`),
		portRow:   regexp.MustCompile(`^(\d{1,5})/(tcp|udp|sctp)\s+(\S+)(?:\s+(\S+))?`),
		scriptRow: regexp.MustCompile(`^\|[ _]? ?([a-z0-9][a-z0-9-]*):(?: (.*))?$`),
	}
	var damage error
	for l, err := range newLineReader(r, bounds.Element).all() {
		if err != nil {
			damage = err
			break
		}
		if err := p.line(string(screen(l))); err != nil {
			return err
		}
		if p.size > bounds.Element {
			return errHost
		}
	}
	if err := p.end(); err != nil {
		return err
	}
	if damage != nil {
		return damage
	}
	if p.running {
		return errors.New("nmap's output ends before its run does")
	}
	return nil
}

// errHost says of a host that its results cannot be nmap's.
var errHost = &bounds.Error{What: fmt.Sprintf("a host of more than %d MiB, the limit", bounds.Element>>20)}

// nmapMark finds the lines by which nmap is known: those that begin a run, and those that begin a host. Versions before 5.20 wrote
// "Interesting ports on".
func nmapMark() *regexp.Regexp {
	return regexp.MustCompile(`# Nmap \S+ scan initiated |Starting [Nn]map (?:V\. )?\d\S* \( ?|` +
		`Nmap scan report for \S+(?: \([^() ]+\))?(?: \[[^]]*\].*)?\s*$|Interesting (?:\S+ )?ports on \S+(?: \([^() ]+\))?:\s*$`)
}

// printedByNmap tells whether nmap's print begins in the head of a file.
func printedByNmap(head []byte) bool {
	mark := nmapMark()
	for l := range bytes.Lines(head) {
		l = screen(bytes.TrimRight(l, "\r\n"))
		if at := mark.FindIndex(l); at != nil && marks(string(l[:at[0]])) {
			return true
		}
	}
	return false
}

// nmapPrint is nmap's printed output while it is read.
type nmapPrint struct {
	stats   *Stats
	seen    Hosts
	deliver Sink
	started time.Time
	running bool
	margin  margin
	size    int // of what is kept of the host under way

	mark, version, portRow, scriptRow *regexp.Regexp // the first lines of runs and hosts, of a run alone, a port and a script

	probed  bool // services were asked: there is a column for their versions
	host    *nmapHost
	scripts *[]nmapScript // where scripts belong: a port's, the host's; nil: nobody's
	output  []byte        // of the last of them
}

func (p *nmapPrint) line(l string) error {
	if len(l) < 1024 && (strings.Contains(l, "map ") || strings.Contains(l, "orts on ")) {
		if at := p.mark.FindStringIndex(l); at != nil && marks(l[:at[0]]) {
			p.margin = newMargin(l[:at[0]])
			p.stats.Nmap = true
			return p.first(l[at[0]:])
		}
	}
	l = p.margin.cut(l)
	switch {
	case strings.HasPrefix(l, "# Nmap done at ") || strings.HasPrefix(l, "# Nmap run completed at ") || strings.HasPrefix(l, "Nmap done: ") || strings.HasPrefix(l, "Nmap finished: ") || strings.HasPrefix(l, "Nmap run completed "):
		p.running = false
		return p.end()
	case p.host == nil:
	case strings.HasPrefix(l, "|"):
		p.script(l)
	case strings.HasPrefix(l, "Host is up"): // ", received echo-reply" where that was asked for, and a latency where one was measured
		if _, reason, ok := strings.Cut(l, ", received "); ok {
			p.host.Status.Reason, _, _ = strings.Cut(strings.TrimSuffix(reason, "."), " ")
		}
		if strings.HasSuffix(l, " latency).") {
			p.host.Times = &struct{}{}
		}
	case strings.HasPrefix(l, "Host script results:"):
		p.belong(&p.host.Scripts)
	default:
		p.port(l)
	}
	return nil
}

// first reads a line that begins a run or a host.
func (p *nmapPrint) first(l string) error {
	l = strings.TrimRight(l, " \t")
	if who, ok := strings.CutPrefix(l, "Nmap scan report for "); ok {
		if err := p.end(); err != nil {
			return err
		}
		p.report(who)
		return nil
	}
	if rest, ok := strings.CutPrefix(l, "Interesting "); ok {
		if err := p.end(); err != nil {
			return err
		}
		_, who, _ := strings.Cut(rest, "ports on ")
		p.report(strings.TrimSuffix(who, ":"))
		p.host.Status.Reason = "" // which was written of hosts with a port that answered
		return nil
	}
	return p.begin(l)
}

func (p *nmapPrint) begin(l string) error {
	if err := p.end(); err != nil {
		return err
	}
	p.running, p.started = true, time.Time{}
	if m := p.version.FindStringSubmatch(l); m != nil {
		p.stats.Source = "nmap " + m[1]
	}
	_, at, _ := strings.Cut(l, " scan initiated ")
	at, _, _ = strings.Cut(at, " as: ")
	if at == "" {
		_, at, _ = strings.Cut(l, " ) at ")
	}
	for _, layout := range []string{"Mon Jan _2 15:04:05 2006", "2006-01-02 15:04 MST"} { // local time, of a zone that is not told
		if t, err := time.Parse(layout, strings.TrimSpace(at)); err == nil {
			p.started = t.UTC()
		}
	}
	return nil
}

// report begins a host: "192.0.2.1", or "name (192.0.2.1)". Whether somebody typed the name is not told.
func (p *nmapPrint) report(who string) {
	who, state, _ := strings.Cut(who, " [")
	if _, inside, ok := strings.Cut(strings.TrimSuffix(who, ")"), " ("); ok {
		who = inside
	}
	h := &nmapHost{Status: nmapState{Reason: assumed}} // until it says better
	if strings.HasPrefix(state, "host down") {
		h.Status.State = "down"
	}
	if addr, err := netip.ParseAddr(who); err == nil {
		h.Addresses = append(h.Addresses, nmapAddress{Addr: addr.String()})
	}
	p.host, p.size, p.probed = h, 0, false
}

func (p *nmapPrint) port(l string) {
	p.belong(nil)
	m := p.portRow.FindStringSubmatch(l)
	if m == nil {
		p.probed = p.probed || strings.HasPrefix(l, "PORT ") && strings.HasSuffix(l, " VERSION")
		return
	}
	id, err := strconv.ParseUint(m[1], 10, 16)
	if err != nil {
		return
	}
	port := nmapPort{Proto: m[2], ID: uint16(id)}
	guess := false
	port.State.State = m[3]
	if port.Service.Name, guess = strings.CutSuffix(m[4], "?"); p.probed && !guess {
		port.Service.Method = "probed"
	}
	if name, ok := strings.CutPrefix(port.Service.Name, "ssl/"); ok {
		port.Service.Name, port.Service.Tunnel = name, "ssl"
	}
	p.size += 300
	p.host.Ports = append(p.host.Ports, port)
	p.belong(&p.host.Ports[len(p.host.Ports)-1].Scripts)
}

// script reads a line of a script: its first one, or one that goes on.
func (p *nmapPrint) script(l string) {
	if p.scripts == nil {
		return
	}
	if m := p.scriptRow.FindStringSubmatch(l); m != nil {
		p.belong(p.scripts)
		*p.scripts = append(*p.scripts, nmapScript{ID: m[1]})
		p.output = append(p.output, m[2]...)
		p.size += len(l) + 200
		return
	}
	p.size += len(l) + 1
	p.output = append(append(p.output, '\n'), strings.TrimPrefix(l[1:], "_")...)
}

// belong says where the next scripts belong; the last one is whole.
func (p *nmapPrint) belong(to *[]nmapScript) {
	if p.scripts != nil && len(*p.scripts) > 0 {
		s := &(*p.scripts)[len(*p.scripts)-1]
		s.Output += string(p.output)
	}
	p.scripts, p.output = to, p.output[:0]
}

// end hands over the host under way.
func (p *nmapPrint) end() error {
	p.belong(nil)
	h := p.host
	p.host = nil
	if h == nil {
		return nil
	}
	return h.deliver(p.stats, p.started, p.seen, p.deliver)
}
