package estate_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/estate"
	"signet/internal/run"
	"signet/internal/store"
)

// company is a run of a company of n hosts that answer on ten ports each, what the servers of the lab answered, under names, GUIDs and
// clocks of their own: what bench/store stores.
func company(t testing.TB, n int) *run.Input {
	t.Helper()
	type piece struct{ text, key string } // facts, cut where a host has something of its own
	type recorded struct {
		Kind    string
		Check   string
		Outcome signet.Outcome
		Facts   json.RawMessage
		Unasked []string

		pieces []piece
	}
	own := regexp.MustCompile(`"(nb_computer|dns_computer|dnsHostName|server_guid)":"([^"]+)"`)
	pool := map[string][]*recorded{}
	for line := range strings.SplitSeq(strings.TrimSpace(sampleText(t)), "\n") {
		r := &recorded{}
		if err := json.Unmarshal([]byte(line), r); err != nil {
			t.Fatal(err)
		}
		if r.Kind != "endpoint" || r.Outcome != signet.Answered {
			continue
		}
		at, text := 0, string(r.Facts)
		for _, m := range own.FindAllStringSubmatchIndex(text, -1) {
			r.pieces = append(r.pieces, piece{text[at:m[4]], text[m[2]:m[3]]})
			at = m[5]
		}
		r.pieces = append(r.pieces, piece{text[at:], ""})
		pool[r.Check] = append(pool[r.Check], r)
	}
	type asked struct {
		check string
		port  uint16
	}
	every := []asked{{"smb", 445}, {"smb", 139}, {"http", 80}, {"http", 443}, {"rdp", 3389}, {"rpc", 135}, {"mssql", 1433}, {"mail", 25}, {"mail", 110}, {"mail", 143}}
	begun := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	in := &run.Input{Run: &store.Run{ID: "company", Tool: "signet/test", Started: begun, Ended: begun.Add(time.Hour), Targets: []string{"10.0.0.0/8"}, Checks: []string{"smb"}, Depth: signet.Anonymous, Policy: "baseline/1"}}
	in.Observations = func() iter.Seq2[*signet.Observation, error] {
		return func(yield func(*signet.Observation, error) bool) {
			for i := range n {
				random := rand.New(rand.NewPCG(uint64(i), 11))
				address := uint32(i) * 167 // over many subnets
				var four [4]byte
				binary.BigEndian.PutUint32(four[:], 0x0a000000|address)
				guid := fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", random.Uint32(), i&0xffff, i>>16, random.Uint32()&0xffff, random.Uint64()&(1<<48-1))
				for _, q := range every {
					r := pool[q.check][random.IntN(len(pool[q.check]))]
					var facts strings.Builder
					for _, p := range r.pieces {
						facts.WriteString(p.text)
						switch p.key {
						case "":
						case "nb_computer":
							fmt.Fprintf(&facts, "HOST%06d", i)
						case "server_guid":
							facts.WriteString(guid)
						default:
							fmt.Fprintf(&facts, "host%06d.corp.example", i)
						}
					}
					o := &signet.Observation{
						Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4(four)}, Port: q.port},
						Check:    r.Check, CheckVersion: 1, Outcome: r.Outcome, Open: true, Connections: 1, Took: time.Millisecond,
						Facts: signet.RawFacts(facts.String()), Unasked: r.Unasked, At: begun.Add(time.Duration(i) * 100 * time.Microsecond),
					}
					if !yield(o, nil) {
						return
					}
				}
			}
		}
	}
	return in
}

// partsOf makes the parts of the reading of a run.
func partsOf(t testing.TB, in *run.Input) [][]byte {
	list, _ := sized(t, in)
	return list
}

func sized(t testing.TB, in *run.Input) (list [][]byte, size estate.Size) {
	t.Helper()
	env := &run.Env{Checks: all.Checks(), Tool: "signet/test"}
	j := baseline(t)
	m := estate.NewMaker(all.Checks(), j, func(part []byte) error {
		list = append(list, part)
		return nil
	})
	if _, err := env.Report(t.Context(), in, &run.Replay{Judge: j}, m); err != nil {
		t.Fatal(err)
	}
	return list, m.Size()
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// allocated is how much is taken from the heap while something is done, whether or not it is given back.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Bytes a host.
const (
	mostRead, mostDecoding  = 320, 1000
	mostMade                = 240
	mostBoard, mostBoarding = 460, 1800
)

// A reading takes at most 400 bytes a host where it is stored, and fewer in memory, and so does an estate of it; a board takes more. That of the
// lab's servers breaks six rules a host. A server holds twice that while it makes another one, and what making takes for the moment.
func TestSizeOfAReading(t *testing.T) {
	const hosts = 2000
	stored, size := sized(t, company(t, hosts))
	n := 0
	for _, p := range stored {
		n += len(p)
	}
	j := baseline(t)
	before := heap()
	d, err := estate.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	d.Expect(size)
	var r *estate.Reading
	decoding := allocated(func() {
		for _, p := range stored {
			if err := d.Add(p); err != nil {
				t.Fatal(err)
			}
		}
		if r, err = d.Reading(); err != nil {
			t.Fatal(err)
		}
	})
	d = nil
	read := heap() - before
	e := estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: j}})
	made := heap() - before - read
	_, m := e.Board(nil)
	before = heap()
	var board *estate.Board
	boarding := allocated(func() { board, _ = e.Board(m) })
	boarded := heap() - before
	t.Logf("%d bytes a host stored, %d in memory (%d to read it), %d more as an estate, %d as a board (%d to make it)", n/hosts, read/hosts, decoding/hosts, made/hosts, boarded/hosts, boarding/hosts)
	if r.Hosts() != hosts || r.Endpoints() != 10*hosts || e.Hosts() != hosts {
		t.Fatalf("%d hosts with %d endpoints, %d in the estate", r.Hosts(), r.Endpoints(), e.Hosts())
	}
	if n > 400*hosts || read > mostRead*hosts || decoding > mostDecoding*hosts || made > mostMade*hosts || boarded > mostBoard*hosts || boarding > mostBoarding*hosts {
		t.Errorf("%d bytes a host stored, %d in memory (%d to read it), %d more as an estate, %d as a board (%d to make it)", n/hosts, read/hosts, decoding/hosts, made/hosts, boarded/hosts, boarding/hosts)
	}
	runtime.KeepAlive(board)
	runtime.KeepAlive(m)
	runtime.KeepAlive(stored)
	runtime.KeepAlive(r)
	runtime.KeepAlive(e)
}
