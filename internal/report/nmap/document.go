package nmap

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
	"signet/internal/check"
	"signet/internal/report"
	"signet/internal/text"
)

// document is the XML under way. A host's ports stand together in it, and the list of all ports before them: hosts of which
// nothing more comes wait in a spool.
type document struct {
	w       io.Writer
	checks  []check.Check
	tool    string
	args    []string // of the command, as nmap calls them
	started time.Time
	hosts   map[netip.Addr]*host // of which more may come
	whole   report.Spool
	asked   map[port]bool
}

type host struct {
	first, last time.Time
	up          bool
	names       []string
	scripts     map[string]string // of the whole host, by id: one answer is enough
	ports       map[port]*answer
}

type port struct {
	transport signet.Transport
	number    uint16
}

// answer is one port; two checks may have asked it.
type answer struct {
	state, service string
	scripts        []byte
}

func newDocument(w io.Writer, checks []check.Check) document {
	return document{w: w, checks: checks, hosts: map[netip.Addr]*host{}, asked: map[port]bool{}}
}

// at gives the host and the port of an endpoint, new ones if need be; something of it happened in the time given.
func (d *document) at(at signet.Endpoint, from, to time.Time) (*host, *answer) {
	h := d.hosts[at.Addr]
	if h == nil {
		h = &host{first: from, last: to, scripts: map[string]string{}, ports: map[port]*answer{}}
		d.hosts[at.Addr] = h
	}
	if from.Before(h.first) {
		h.first = from
	}
	if to.After(h.last) {
		h.last = to
	}
	p := port{at.Transport, at.Port}
	d.asked[p] = true
	a := h.ports[p]
	if a == nil {
		a = &answer{}
		h.ports[p] = a
	}
	return h, a
}

func (a *answer) be(state, reason string) {
	a.state = string(report.XMLAttributes([]byte("<state"), "state", state, "reason", reason, "reason_ttl", "0")) + "/>"
}

// leave writes the host of an address: nothing more comes of it.
func (d *document) leave(addr netip.Addr) error {
	h := d.hosts[addr]
	if h == nil {
		return nil
	}
	delete(d.hosts, addr)
	_, err := d.whole.Write(h.append(nil, addr))
	return err
}

// close writes everything: hosts as they were left, then the others by address. failures say why it is not all.
func (d *document) close(end time.Time, addresses, up uint64, failures ...string) error {
	b := bufio.NewWriter(d.w)
	start := d.started.UTC()
	fmt.Fprintf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n<nmaprun%s>\n", report.XMLAttributes(nil, "scanner", "nmap", "args", "signet "+strings.Join(d.args, " "),
		"start", strconv.FormatInt(start.Unix(), 10), "startstr", start.Format(time.ANSIC), "version", d.tool, "xmloutputversion", "1.05"))
	d.scanInfo(b)
	b.WriteString("<verbose level=\"0\"/>\n<debugging level=\"0\"/>\n")
	if err := d.whole.Drain(b); err != nil {
		return err
	}
	for _, addr := range slices.SortedFunc(maps.Keys(d.hosts), netip.Addr.Compare) {
		b.Write(d.hosts[addr].append(nil, addr))
	}
	end = end.UTC()
	down := addresses - min(up, addresses)
	elapsed := strconv.FormatFloat(end.Sub(start).Seconds(), 'f', 2, 64)
	summary := fmt.Sprintf("Signet done at %s; %d IP addresses (%d hosts up) asked in %s seconds", end.Format(time.ANSIC), addresses, up, elapsed)
	fmt.Fprintf(b, "<runstats><finished%s/><hosts up=\"%d\" down=\"%d\" total=\"%d\"/>\n</runstats>\n</nmaprun>\n", report.XMLAttributes(nil,
		"time", strconv.FormatInt(end.Unix(), 10), "timestr", end.Format(time.ANSIC), "summary", summary, "elapsed", elapsed,
		"exit", text.Either(len(failures) == 0, "success", "error"), "errormsg", strings.Join(failures, "; ")), up, down, up+down)
	return b.Flush()
}

// scanInfo says which ports were asked, as far as lines told.
func (d *document) scanInfo(b *bufio.Writer) {
	for _, t := range []signet.Transport{signet.TCP, signet.UDP} {
		var ports []uint16
		for p := range d.asked {
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

func (h *host) append(b []byte, addr netip.Addr) []byte {
	state, reason := "up", "syn-ack"
	if !h.up {
		state, reason = "unknown", "no-response"
	}
	b = fmt.Appendf(b, "<host starttime=\"%d\" endtime=\"%d\"><status state=\"%s\" reason=\"%s\" reason_ttl=\"0\"/>\n", h.first.Unix(), h.last.Unix(), state, reason)
	b = fmt.Appendf(b, "<address addr=\"%s\" addrtype=\"%s\"/>\n<hostnames>\n", addr.WithZone(""), text.Either(addr.Is4(), "ipv4", "ipv6"))
	for _, name := range h.names {
		b = append(report.XMLAttributes(append(b, "<hostname"...), "name", name), " type=\"user\"/>\n"...)
	}
	b = append(b, "</hostnames>\n<ports>"...)
	order := func(p, q port) int {
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
