package report

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/text"
)

// LostHost is a host of which something is missing from the run for a reason of ours.
type LostHost struct {
	Address   netip.Addr
	Name      string
	Endpoints []signet.Endpoint // the first of them
	Checks    []string          // of those
	N         int               // endpoints in all
	Because   string            // of the first
	Fault     bool              // Signet or this machine failed at one of them; else they were left out
	Whole     bool              // nothing else of the host is in the run
}

// How much of what was lost is told apart, and named. What is beyond is counted.
const (
	mostLost      = 1 << 14 // hosts
	mostNamed     = 1 << 17 // names that are known to have been asked at some address
	mostLostPorts = 4       // endpoints of one
	mostLostNamed = 20      // hosts at the top of a text; json, jsonl and csv name them all
)

// lost keeps what is missing of a run, and which hosts are not missing whole.
type lost struct {
	hosts  map[netip.Addr]*LostHost
	under  map[netip.Addr]bool // hosts of which more may come; true where something of theirs was there
	named  map[string]bool     // names of which some address was asked
	more   uint64              // hosts beyond mostLost
	ends   uint64              // endpoints that were skipped
	faults uint64
}

// note files an endpoint that was lost. Any other shows that its host and its name are not missing whole.
func (t *lost) note(l *Line) {
	if t.under == nil {
		t.hosts, t.under, t.named = map[netip.Addr]*LostHost{}, map[netip.Addr]bool{}, map[string]bool{}
	}
	if !l.Lost() {
		if l.Reached() && !t.under[l.Addr] {
			t.under[l.Addr] = true
		}
		if l.Name != "" && len(t.named) < mostNamed {
			t.named[l.Name] = true
		}
		return
	}
	if l.Outcome == signet.Fault {
		t.faults++
	} else {
		t.ends++
	}
	if _, known := t.under[l.Addr]; !known {
		t.under[l.Addr] = false
	}
	h := t.hosts[l.Addr]
	if h == nil {
		if len(t.hosts) >= mostLost {
			t.more++
			return
		}
		h = &LostHost{Address: l.Addr, Name: l.Name, Because: lostBecause(l)}
		t.hosts[l.Addr] = h
	}
	h.N++
	h.Fault = h.Fault || l.Outcome == signet.Fault
	if len(h.Endpoints) < mostLostPorts {
		h.Endpoints, h.Checks = append(h.Endpoints, l.Endpoint), append(h.Checks, l.Check)
	}
}

func lostBecause(l *Line) string {
	if l.Err != nil && l.Err.Text != "" {
		return l.Err.Text
	}
	return strings.Join(l.Because, "; ")
}

// left settles whether a host is missing whole: nothing more comes of it.
func (t *lost) left(addr netip.Addr) {
	some, known := t.under[addr]
	if !known {
		return
	}
	delete(t.under, addr)
	if h := t.hosts[addr]; h != nil {
		h.Whole = !some
	}
}

// Lost is what is missing of a run for reasons of ours.
type Lost struct {
	Hosts   []LostHost // by address
	More    uint64     // hosts, or endpoints of theirs, beyond those
	Skipped uint64     // endpoints
	Faults  uint64     // endpoints
}

// Whole is how many hosts are missing whole.
func (l *Lost) Whole() (n uint64) {
	for i := range l.Hosts {
		if l.Hosts[i].Whole {
			n++
		}
	}
	return n + l.More
}

// Lost sums up what is missing.
func (t *Tally) Lost() Lost {
	out := Lost{More: t.lost.more, Skipped: t.lost.ends, Faults: t.lost.faults}
	for addr := range maps.Clone(t.lost.under) {
		t.lost.left(addr)
	}
	for _, h := range t.lost.hosts {
		one := *h
		// A name may have addresses of both families, and this machine a way to one alone: the host itself was asked.
		one.Whole = h.Whole && !t.lost.named[h.Name]
		out.Hosts = append(out.Hosts, one)
	}
	slices.SortFunc(out.Hosts, func(a, b LostHost) int { return a.Address.Compare(b.Address) })
	return out
}

// Left says that nothing more comes of an address.
func (t *Tally) Left(addr netip.Addr) { t.lost.left(addr) }

// Missing are the sentences at the top of a report on what is missing of it. What an interruption left out is not told host by
// host.
func (s *Summary) Missing() []string {
	if s.Interrupted && s.Lost.Faults == 0 {
		return nil
	}
	return s.Lost.Sentences()
}

// Sums are sentences on how much is missing; none where nothing is.
func (l *Lost) Sums() []string {
	var out []string
	if l.Skipped > 0 {
		s := fmt.Sprintf("Coverage was lost: %s not asked, for reasons of ours", text.Count(l.Skipped, "endpoint was", "endpoints were"))
		if whole := l.Whole(); whole > 0 {
			s += fmt.Sprintf("; %s missing whole", text.Count(whole, "host is", "hosts are"))
		}
		out = append(out, s)
	}
	if l.Faults > 0 {
		out = append(out, fmt.Sprintf("Signet or this machine failed at %s: what is missing there says nothing of the hosts", text.Count(l.Faults, "endpoint", "endpoints")))
	}
	return out
}

// Sentences are the Sums, then a sentence for each host.
func (l *Lost) Sentences() []string {
	out, n := l.Sums(), uint64(len(l.Hosts))+l.More
	for i := range l.Hosts[:min(len(l.Hosts), mostLostNamed)] {
		out = append(out, l.Hosts[i].sentence())
	}
	if more := n - uint64(min(len(l.Hosts), mostLostNamed)); len(out) > 0 && more > 0 {
		out = append(out, fmt.Sprintf("and %s: -o jsonl and -o csv name them all", text.Count(more, "more host", "more hosts")))
	}
	return out
}

func (h *LostHost) sentence() string {
	var ends []string
	for i, e := range h.Endpoints {
		ends = append(ends, e.PortString()+"/"+e.Transport.String()+" "+text.Clean(h.Checks[i]))
	}
	if more := h.N - len(ends); more > 0 {
		ends = append(ends, fmt.Sprintf("%d more", more))
	}
	who := strings.TrimSpace(h.Address.String() + " " + text.Cut(text.Clean(h.Name), 40))
	return who + text.Either(h.Fault, " failed at ", " not asked: ") + strings.Join(ends, ", ") + " (" + cmp.Or(text.Cut(text.Clean(h.Because), 200), "no reason is known") + ")" + text.Either(h.Whole, "; nothing else is known of it", "")
}
