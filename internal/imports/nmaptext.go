package imports

import (
	"errors"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// NmapText reads what nmap prints for people (-oN, or a terminal's output that was kept): the same scripts as in its XML,
// by their text. Several runs may stand in one file.
func NmapText(r io.Reader, host Hosts, put Sink) (Stats, error) {
	st := Stats{Source: "nmap"}
	p := &nmapPrint{
		stats: &st, seen: host, put: put,
		version:   regexp.MustCompile(`^(?:# |Starting )Nmap (\S{1,40})`),
		portRow:   regexp.MustCompile(`^(\d{1,5})/(tcp|udp|sctp)\s+(\S+)(?:\s+(\S+))?`),
		scriptRow: regexp.MustCompile(`^\|[ _]([a-z0-9][a-z0-9-]*):(?: (.*))?$`),
	}
	var damage error
	for l, err := range newLineReader(r, mostElement).all() {
		if err != nil {
			damage = err
			break
		}
		if p.size += len(l); p.size > mostElement {
			return st, errElement
		}
		if err := p.line(string(l)); err != nil {
			return st, err
		}
	}
	if err := p.end(); err != nil {
		return st, err
	}
	if damage != nil {
		return st, damage
	}
	if p.running {
		return st, errors.New("nmap's output ends before its run does")
	}
	return st, nil
}

// nmapPrint is nmap's printed output while it is read.
type nmapPrint struct {
	stats   *Stats
	seen    Hosts
	put     Sink
	started time.Time
	running bool
	size    int // of what the host under way says

	version, portRow, scriptRow *regexp.Regexp // the first lines of a run, a port and a script

	probed  bool // services were asked: there is a column for their versions
	host    *nmapHost
	scripts *[]nmapScript // where scripts belong: a port's, the host's; nil: nobody's
	output  []byte        // of the last of them
}

func (p *nmapPrint) line(l string) error {
	switch {
	case strings.HasPrefix(l, "# Nmap ") && strings.Contains(l, " scan initiated ") || strings.HasPrefix(l, "Starting Nmap "):
		return p.begin(l)
	case strings.HasPrefix(l, "# Nmap done at ") || strings.HasPrefix(l, "Nmap done: "):
		p.running = false
		return p.end()
	case strings.HasPrefix(l, "Nmap scan report for "):
		if err := p.end(); err != nil {
			return err
		}
		p.report(strings.TrimPrefix(l, "Nmap scan report for "))
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
		return
	}
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
	return h.put(p.stats, p.started, p.seen, p.put)
}
