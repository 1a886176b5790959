// Package company makes runs of a large company: what the bench measures Signet with.
package company

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"time"

	"signet"
	"signet/internal/store"
)

// recorded is an endpoint of the sample run.
type recorded struct {
	Kind    string          `json:"kind"`
	Check   string          `json:"check"`
	Port    uint16          `json:"port"`
	Outcome signet.Outcome  `json:"outcome"`
	Facts   json.RawMessage `json:"facts"`
	Unasked []string        `json:"unasked"`

	parts []part
}

// part is a piece of facts, and the key of the value that follows it: what is a host's own, or its clock's.
type part struct{ text, key string }

// sample reads what servers of the lab answered, by check.
func sample() (map[string][]*recorded, error) {
	f, err := os.Open("internal/sample/sample.jsonl.gz")
	if err != nil {
		return nil, fmt.Errorf("%w (run it at the root of the repository)", err)
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	own := regexp.MustCompile(`"(nb_computer|dns_computer|dnsHostName|server_guid|system_time|time|start_time|currentTime)":"([^"]+)"`)
	pool := map[string][]*recorded{}
	in := bufio.NewScanner(plain)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		r := &recorded{}
		if err := json.Unmarshal(in.Bytes(), r); err != nil {
			return nil, err
		}
		if r.Kind != "endpoint" || r.Outcome != signet.Answered {
			continue
		}
		at, text := 0, string(r.Facts)
		for _, m := range own.FindAllStringSubmatchIndex(text, -1) {
			r.parts = append(r.parts, part{text[at:m[4]], text[m[2]:m[3]]})
			at = m[5]
		}
		r.parts = append(r.parts, part{text[at:], ""})
		pool[r.Check] = append(pool[r.Check], r)
	}
	return pool, in.Err()
}

// Run is a run to be stored. Each of its hosts answers on ten ports what servers of the lab answered, under a name, GUIDs and clocks of
// its own: the same in every run.
type Run struct {
	ID      string
	Started time.Time
	Scope   string // runs of one scope asked the same
	First   int    // number of the first host
	Hosts   int
	Changed int // one host in so many has its signing turned round, moved or is gone; 0: none
}

// Nth is the first or second of two runs that bench/store and bench/web compare; in the second every clock has moved on, and one host in
// changed differs.
func Nth(n, hosts, changed int) Run {
	r := Run{ID: fmt.Sprintf("run%d", n), Started: time.Date(2026, 11, 20+n, 9, 0, 0, 0, time.UTC), Scope: "bench", Hosts: hosts}
	if n == 2 {
		r.Changed = changed
	}
	return r
}

// Store stores a run.
func Store(ctx context.Context, s store.Store, r Run) error {
	pool, err := sample()
	if err != nil {
		return err
	}
	run := &store.Run{ID: r.ID, Tool: "signet/bench", Started: r.Started, Targets: []string{"10.0.0.0/8"},
		Checks: []string{"smb", "http", "ldap", "mssql", "rdp", "mail", "rpc"}, Depth: signet.Anonymous, Policy: "baseline/1", Scope: r.Scope}
	rec, err := store.Begin(ctx, s, run, nil)
	if err != nil {
		return err
	}
	answered := uint64(0)
	for n := range r.Hosts {
		i := r.First + n
		h := host{i: i, rand: rand.New(rand.NewPCG(uint64(i), 11)), clock: r.Started.Add(time.Duration(n) * time.Microsecond).Format(time.RFC3339Nano)}
		if r.Changed > 0 && i%r.Changed == 0 {
			h.change = 1 + i/r.Changed%3
		}
		list := everyHost()
		if i%500 == 0 {
			list = controller()
		}
		for _, q := range list {
			o := h.observe(pool[q.check], q.port)
			if h.change == gone {
				continue
			}
			o.At = r.Started.Add(time.Duration(n) * 100 * time.Microsecond)
			answered++
			if err := rec.Record(o, false); err != nil {
				return err
			}
		}
	}
	return rec.Finish(func(run *store.Run) {
		run.Ended = r.Started.Add(time.Hour)
		run.Progress = store.Progress{Addresses: 1 << 24, Alive: uint64(r.Hosts), Asked: 10 << 24}
		run.Progress.Outcomes[signet.Answered] = answered
	})
}

// The ways in which a host changes.
const (
	turned = 1 + iota
	moved
	gone
)

// host is one host under way; its numbers come in the same order in every run.
type host struct {
	i, change int
	clock     string
	rand      *rand.Rand
}

// asked is what is asked of a host. Few are domain controllers.
type asked struct {
	check string
	port  uint16
}

func everyHost() []asked {
	return []asked{{"smb", 445}, {"smb", 139}, {"http", 80}, {"http", 443}, {"rdp", 3389}, {"rpc", 135}, {"mssql", 1433}, {"mail", 25}, {"mail", 110}, {"mail", 143}}
}

func controller() []asked {
	return append(everyHost()[:6:6], asked{"ldap", 389}, asked{"ldap", 636}, asked{"ldap", 3268}, asked{"ldap", 3269})
}

func (h *host) observe(pool []*recorded, port uint16) *signet.Observation {
	r := pool[h.rand.IntN(len(pool))]
	a, b := h.rand.Uint64(), h.rand.Uint64()
	id := fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&(1<<48-1))
	var facts strings.Builder
	for _, p := range r.parts {
		facts.WriteString(p.text)
		switch p.key {
		case "":
		case "nb_computer":
			fmt.Fprintf(&facts, "HOST%06d", h.i)
		case "dns_computer", "dnsHostName":
			fmt.Fprintf(&facts, "host%06d.corp.example", h.i)
		case "server_guid":
			facts.WriteString(id)
		default:
			facts.WriteString(h.clock)
		}
	}
	text := facts.String()
	if h.change == turned {
		text = strings.NewReplacer(`"signing":"required"`, `"signing":"optional"`, `"signing":"optional"`, `"signing":"required"`).Replace(text)
	}
	address := uint32(h.i) * 2654435761 & 0xffffff // spread, as a seeded order does, and none twice
	if h.change == moved {
		address ^= 1 << 23
	}
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], 0x0a000000|address)
	return &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4(four)}, Port: port},
		Check:    r.Check, CheckVersion: 1, Outcome: r.Outcome, Open: true, Connections: 1, Took: time.Duration(h.rand.IntN(9000)) * time.Microsecond,
		Facts: signet.RawFacts(text), Unasked: r.Unasked,
	}
}
