package engine

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/text"
)

// The stand-in check asks "hello\n" and takes a line. "again" makes it ask once more on a new connection, "secure"
// makes it go on under TLS on the same one, "find N" points to port N, "twice" makes it ask again on the same one, "long"
// announces more than may be waited for.

type standIn struct {
	answers []string
	end     check.End
	talk    *lineTalk
	port    uint16
	logons  int
	tls     bool
	called  string // as what pointed to it has it
}

type lineFacts struct{ Answers []string }

func (f *lineFacts) AppendJSON(b []byte) []byte { return text.AppendJSON(b, f) }

type lineTalk struct {
	of    *standIn
	stage int
}

func (t *lineTalk) Next(in []byte, eof bool) (check.Step, error) {
	if t.stage == 0 {
		t.stage = 1
		return check.Step{Send: []byte("hello\n"), Need: 2}, nil
	}
	i := bytes.IndexByte(in, '\n')
	if i < 0 {
		if err := check.SniffForeign(in); err != nil {
			return check.Step{}, err
		}
		return check.Step{}, nil
	}
	line := string(in[:i])
	if line == "panic" {
		panic("the stand-in was told to")
	}
	if line == "nonsense" {
		return check.Step{}, fmt.Errorf("nonsense")
	}
	if line == "long" {
		return check.Step{Consumed: i + 1, Need: check.MaxPending + 1}, nil
	}
	t.of.answers = append(t.of.answers, line)
	switch {
	case line == "secure" && t.stage == 1:
		t.stage = 0
		return check.Step{Consumed: i + 1, StartTLS: &check.TLS{}}, nil
	case line == "twice" && t.stage == 1:
		t.stage = 2
		return check.Step{Consumed: i + 1, Send: []byte("and\n")}, nil
	}
	return check.Step{Consumed: i + 1, Done: true}, nil
}

func (s *standIn) Next(e check.End) (check.Attempt, bool) {
	if e.Cause != check.Start {
		s.end = e
		if e.Cause != check.Done || s.answers[len(s.answers)-1] != "again" || len(s.answers) > 9 {
			return check.Attempt{}, false
		}
	}
	s.talk = &lineTalk{of: s}
	a := check.Attempt{Note: "hello", Talk: s.talk, Logons: s.logons}
	if s.tls {
		a.TLS = &check.TLS{}
	}
	return a, true
}

func (s *standIn) Result() check.Result {
	r := check.Result{Outcome: s.end.Outcome(), Err: s.end.Failure("hello")}
	if len(s.answers) > 0 {
		r.Facts = &lineFacts{s.answers}
		if s.called != "" {
			r.Facts = &lineFacts{append(s.answers[:len(s.answers):len(s.answers)], s.called)}
		}
		var port uint16
		if _, err := fmt.Sscanf(s.answers[len(s.answers)-1], "find %d", &port); err == nil {
			r.Found = append(r.Found, check.Found{Check: "line", Port: port, Called: "pointed at"}, check.Found{Check: "line", Port: port})
		}
	}
	return r
}

func lineCheck(ports ...check.Port) check.Check {
	return check.Check{Name: "line", Version: 1, Ports: ports, Begin: func(s check.Subject) check.Interview {
		return &standIn{port: s.Endpoint.Port, called: s.Called}
	}}
}

// network is a set of servers on addresses of the loopback network.
type network struct {
	t     testing.TB
	port  uint16
	cert  tls.Certificate
	mu    sync.Mutex
	open  map[string]int
	most  map[string]int
	count map[string]int
	slow  time.Duration // each server waits so long before it answers
}

func newNetwork(t testing.TB) *network {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &network{t: t, open: map[string]int{}, most: map[string]int{}, count: map[string]int{}, cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}}
}

// serve answers on an address; the port of the first one is every other one's too unless given.
func (n *network) serve(addr string, port uint16, how func(c net.Conn)) uint16 {
	if port == 0 {
		port = n.port
	}
	l, err := net.Listen("tcp4", fmt.Sprintf("%s:%d", addr, port))
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { l.Close() })
	got := l.Addr().(*net.TCPAddr).AddrPort().Port()
	if n.port == 0 {
		n.port = got
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.mu.Lock()
			n.open[addr]++
			n.count[addr]++
			n.most[addr] = max(n.most[addr], n.open[addr])
			n.mu.Unlock()
			go func() {
				time.Sleep(n.slow)
				n.mu.Lock()
				n.open[addr]-- // a client that has its answer may open the next one before this one is seen closed
				n.mu.Unlock()
				how(c)
				c.Close()
			}()
		}
	}()
	return got
}

// says reads a line and answers one for each of lines.
func says(lines ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, l := range lines {
			if !hears(c) {
				return
			}
			io.WriteString(c, l+"\n")
		}
		io.Copy(io.Discard, c)
	}
}

func hears(c net.Conn) bool {
	var b [1]byte
	for b[0] != '\n' {
		if _, err := c.Read(b[:]); err != nil {
			return false
		}
	}
	return true
}

// full makes an address whose queue of connections is full, so that SYNs to it stay unanswered.
func (n *network) full(addr string) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: netip.MustParseAddr(addr).As4(), Port: int(n.port)}); err != nil {
		n.t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		n.t.Fatal(err)
	}
	refused := 0
	for range 16 {
		c, err := net.DialTimeout("tcp4", fmt.Sprintf("%s:%d", addr, n.port), 150*time.Millisecond)
		if err == nil {
			n.t.Cleanup(func() { c.Close() })
		} else if refused++; refused == 2 {
			return
		}
	}
	n.t.Fatal("a full queue still takes connections")
}

// list is a source of items.
type list []Item

func (l list) Len() uint64          { return uint64(len(l)) }
func (l list) At(i uint64) Item     { return l[i] }
func (list) Grown() <-chan struct{} { return Fixed{}.Grown() }
func (list) Done(uint64)            {}

func items(addrs ...string) (l list) {
	for _, a := range addrs {
		l = append(l, Item{Target: signet.Target{Addr: netip.MustParseAddr(a)}})
	}
	return l
}

// gathered is a sink that keeps everything.
type gathered struct {
	list []*signet.Observation
	busy atomic.Bool
}

func (g *gathered) Deliver(o *signet.Observation) error {
	if !g.busy.CompareAndSwap(false, true) {
		return fmt.Errorf("Deliver is called twice at once")
	}
	defer g.busy.Store(false)
	g.list = append(g.list, o)
	return nil
}

// of lists what was gathered of an address.
func (g *gathered) of(addr string) (all []*signet.Observation) {
	for _, o := range g.list {
		if o.Addr.String() == addr {
			all = append(all, o)
		}
	}
	return all
}

func word(o *signet.Observation) string {
	s := o.Outcome.String()
	if o.Open {
		s += " open"
	}
	if f, ok := o.Facts.(*lineFacts); ok {
		s += " [" + strings.Join(f.Answers, ",") + "]"
	}
	if o.Err != nil {
		s += " " + o.Err.Phase + ": " + o.Err.Text
	}
	return s
}

func newRun(source Source, plans ...Plan) (*Run, *gathered) {
	g := &gathered{}
	return &Run{
		Source: source, Plans: plans, Options: &check.Options{}, InFlight: 64, All: true, Sink: g, Now: time.Now,
		Dialer: &dial.Dialer{Limits: dial.Limits{Connect: 400 * time.Millisecond, Exchange: 400 * time.Millisecond, Host: 5 * time.Second, Bytes: 1 << 16}, Gate: dial.NewGate(dial.Pace{Rate: 5000}, time.Now)},
	}, g
}

// everyDriver runs a test once with each driver this system has.
func everyDriver(t *testing.T, f func(t *testing.T, d driver)) {
	for name, d := range map[string]driver{"portable": portable, "native": native} {
		t.Run(name, func(t *testing.T) { f(t, d) })
	}
}
