package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet"
	"signet/internal/text"
)

// Nmap writes XML that nmap's DTD accepts and that what people built on nmap reads: hosts with their ports, nmap's
// own scripts where the facts answer them, and one of ours with the verdict. A host's ports stand together there, and
// the list of all ports before them: hosts that are whole wait in a spool.
type Nmap struct {
	Ignore
	w     io.Writer
	h     Header
	hosts map[netip.Addr]*nmapHost // under way
	whole spool
	asked map[nmapPort]bool
}

type nmapHost struct {
	first, last time.Time
	up          bool
	names       []string
	scripts     map[string]string // of the host: one smb answer is enough
	ports       map[nmapPort]*nmapAnswer
}

type nmapPort struct {
	transport signet.Transport
	number    uint16
}

// nmapAnswer is one port; two checks may have asked it.
type nmapAnswer struct {
	state, service string
	scripts        []byte
}

// NewNmap writes to w.
func NewNmap(w io.Writer) *Nmap {
	return &Nmap{w: w, hosts: map[netip.Addr]*nmapHost{}, asked: map[nmapPort]bool{}}
}

// Begin remembers the header.
func (n *Nmap) Begin(h *Header) error { n.h = *h; return nil }

// Endpoint files one line under its host. A question never asked is no port.
func (n *Nmap) Endpoint(l *Line) error {
	state, reason := nmapState(l)
	if state == "" {
		return nil
	}
	h, a := n.port(l.Endpoint, l.At, l.At.Add(l.Took))
	h.up = h.up || state != "filtered"
	if l.Name != "" && !slices.Contains(h.names, l.Name) {
		h.names = append(h.names, l.Name)
	}
	f := factsOf(l)
	if a.state == "" || state == "open" {
		a.be(state, reason)
	}
	if a.service == "" || l.Outcome == signet.Answered {
		a.service = nmapService(l, &f)
	}
	if l.Check == "smb" {
		for _, s := range f.hostScripts() {
			if h.scripts[s.id] == "" && len(s.entries) > 0 {
				h.scripts[s.id] = string(s.append(nil))
			}
		}
	}
	for _, s := range []script{f.ntlmInfo(l.Check), judged(l)} {
		a.scripts = s.append(a.scripts)
	}
	return nil
}

// port gives the host and the port of an endpoint, new ones if need be; something of it happened in the time given.
func (n *Nmap) port(at signet.Endpoint, from, to time.Time) (*nmapHost, *nmapAnswer) {
	h := n.hosts[at.Addr]
	if h == nil {
		h = &nmapHost{first: from, last: to, scripts: map[string]string{}, ports: map[nmapPort]*nmapAnswer{}}
		n.hosts[at.Addr] = h
	}
	if from.Before(h.first) {
		h.first = from
	}
	if to.After(h.last) {
		h.last = to
	}
	p := nmapPort{at.Transport, at.Port}
	n.asked[p] = true
	a := h.ports[p]
	if a == nil {
		a = &nmapAnswer{}
		h.ports[p] = a
	}
	return h, a
}

func (a *nmapAnswer) be(state, reason string) {
	a.state = string(attributes([]byte("<state"), "state", state, "reason", reason, "reason_ttl", "0")) + "/>"
}

// nmapState words an outcome as nmap's state of a port and its reason.
func nmapState(l *Line) (state, reason string) {
	switch {
	case l.Reached() && l.Transport == signet.UDP:
		return "open", "udp-response"
	case l.Reached():
		return "open", "syn-ack"
	case l.Outcome == signet.Refused:
		return "closed", "conn-refused"
	case l.Outcome == signet.Silent:
		return "filtered", "no-response"
	}
	return "", ""
}

// nmapService names the service: probed with certainty where the check had its answer, by the table of ports where it
// had none.
func nmapService(l *Line, f *facts) string {
	name := serviceName(l.Check, l.Port, f.Protocol)
	if name == "" || l.Outcome == signet.Foreign {
		name = "unknown"
	}
	method, conf, tunnel := "table", "3", ""
	if l.Outcome == signet.Answered {
		method, conf = "probed", "10"
		tunnel = text.Either(f.overTLS(), "ssl", "")
	}
	return string(attributes([]byte("<service"), "name", name, "tunnel", tunnel, "method", method, "conf", conf)) + "/>"
}

// serviceName is nmap-services' name of what a check asks at a port; mail is the protocol of that check.
func serviceName(check string, port uint16, mail string) string {
	switch {
	case port == 139 && check == "smb":
		return "netbios-ssn"
	case port == 137:
		return "netbios-ns"
	case port == 5353:
		return "zeroconf"
	case port == 5355:
		return "llmnr"
	}
	return map[string]string{"smb": "microsoft-ds", "http": "http", "ldap": "ldap", "mssql": "ms-sql-s", "rdp": "ms-wbt-server", "rpc": "msrpc", "mail": mail}[check]
}

// Wants hosts, to know when nothing more comes of one.
func (n *Nmap) Wants() Wants { return Wants{Hosts: true} }

// Host lets a host go: nothing more comes of it.
func (n *Nmap) Host(h *signet.Host) error { return n.Left(h.Address) }

// Left lets the host of an address go.
func (n *Nmap) Left(addr netip.Addr) error {
	h := n.hosts[addr]
	if h == nil {
		return nil
	}
	delete(n.hosts, addr)
	_, err := n.whole.Write(h.append(nil, addr))
	return err
}

// End writes the document: hosts as they were let go, what is left of them by address.
func (n *Nmap) End(s *Summary) error {
	b := bufio.NewWriter(n.w)
	start := n.h.Started.UTC()
	fmt.Fprintf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n<nmaprun%s>\n", attributes(nil, "scanner", "nmap", "args", "signet "+strings.Join(n.h.Targets, " "),
		"start", strconv.FormatInt(start.Unix(), 10), "startstr", start.Format(time.ANSIC), "version", n.h.Tool, "xmloutputversion", "1.05"))
	n.scanInfo(b)
	b.WriteString("<verbose level=\"0\"/>\n<debugging level=\"0\"/>\n")
	if err := n.whole.flush(b); err != nil {
		return err
	}
	for _, addr := range slices.SortedFunc(maps.Keys(n.hosts), netip.Addr.Compare) {
		b.Write(n.hosts[addr].append(nil, addr))
	}
	end := s.Ended.UTC()
	up := s.Coverage.Alive
	down := s.Coverage.Addresses - min(up, s.Coverage.Addresses)
	exit, errormsg := "success", ""
	if s.Interrupted {
		exit, errormsg = "error", "interrupted"
	}
	if lost := lostOf(s); lost != nil {
		exit, errormsg = "error", strings.TrimPrefix(errormsg+"; "+strings.Join(lost, "; "), "; ")
	}
	elapsed := strconv.FormatFloat(end.Sub(start).Seconds(), 'f', 2, 64)
	summary := fmt.Sprintf("Signet done at %s; %d IP addresses (%d hosts up) asked in %s seconds", end.Format(time.ANSIC), s.Coverage.Addresses, up, elapsed)
	fmt.Fprintf(b, "<runstats><finished%s/><hosts up=\"%d\" down=\"%d\" total=\"%d\"/>\n</runstats>\n</nmaprun>\n", attributes(nil,
		"time", strconv.FormatInt(end.Unix(), 10), "timestr", end.Format(time.ANSIC), "summary", summary, "elapsed", elapsed, "exit", exit, "errormsg", errormsg), up, down, up+down)
	return b.Flush()
}

// scanInfo says which ports were asked, as far as lines told.
func (n *Nmap) scanInfo(b *bufio.Writer) {
	for _, t := range []signet.Transport{signet.TCP, signet.UDP} {
		var ports []uint16
		for p := range n.asked {
			if p.transport == t {
				ports = append(ports, p.number)
			}
		}
		if len(ports) == 0 {
			continue
		}
		slices.Sort(ports)
		var services []string
		for _, p := range ports {
			services = append(services, strconv.Itoa(int(p)))
		}
		fmt.Fprintf(b, "<scaninfo type=\"%s\" protocol=\"%s\" numservices=\"%d\" services=\"%s\"/>\n", text.Either(t == signet.TCP, "connect", "udp"), t, len(ports), strings.Join(services, ","))
	}
}

func (h *nmapHost) append(b []byte, addr netip.Addr) []byte {
	state, reason := "up", "syn-ack"
	if !h.up {
		state, reason = "unknown", "no-response"
	}
	b = fmt.Appendf(b, "<host starttime=\"%d\" endtime=\"%d\"><status state=\"%s\" reason=\"%s\" reason_ttl=\"0\"/>\n", h.first.Unix(), h.last.Unix(), state, reason)
	b = fmt.Appendf(b, "<address addr=\"%s\" addrtype=\"%s\"/>\n<hostnames>\n", addr.WithZone(""), text.Either(addr.Is4(), "ipv4", "ipv6"))
	for _, name := range h.names {
		b = append(attributes(append(b, "<hostname"...), "name", name), " type=\"user\"/>\n"...)
	}
	b = append(b, "</hostnames>\n<ports>"...)
	order := func(p, q nmapPort) int {
		return cmp.Or(cmp.Compare(p.transport, q.transport), cmp.Compare(p.number, q.number))
	}
	for _, p := range slices.SortedFunc(maps.Keys(h.ports), order) {
		a := h.ports[p]
		b = fmt.Appendf(b, "<port protocol=\"%s\" portid=\"%d\">%s%s%s</port>\n", p.transport, p.number, a.state, a.service, a.scripts)
	}
	b = append(b, "</ports>\n"...)
	if len(h.scripts) > 0 { // an empty <hostscript> is not valid
		b = append(b, "<hostscript>"...)
		for _, id := range slices.Sorted(maps.Keys(h.scripts)) {
			b = append(b, h.scripts[id]...)
		}
		b = append(b, "</hostscript>"...)
	}
	return append(b, "</host>\n"...)
}
