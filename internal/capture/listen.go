package capture

import (
	"fmt"
	"net/netip"
	"time"

	"signet"
	"signet/internal/check"
)

// maxEndpoints bounds what is kept of a capture of a whole provider.
const maxEndpoints = 1 << 14

type endpointKey struct {
	at    netip.AddrPort
	check int8
}

// listening is an endpoint that was heard.
type listening struct {
	endpoint signet.Endpoint
	check    *check.Check
	observer check.Observer
	at       time.Time
	last     time.Time
	defect   *signet.Failure // of ours
}

// caught turns a panic of a check into outcome fault of this endpoint: it is nobody else's.
func (l *listening) caught() {
	if p := recover(); p != nil {
		l.defect = &signet.Failure{Phase: "capture", Text: fmt.Sprintf("a defect of Signet: %v", p)}
	}
}

// observation is what was learned of the endpoint; nil: nothing.
func (l *listening) observation() *signet.Observation {
	o := &signet.Observation{
		Endpoint: l.endpoint, Check: l.check.Name, CheckVersion: l.check.Version, At: l.at, Took: l.last.Sub(l.at), Open: true, Source: "capture",
	}
	res := l.result()
	switch {
	case l.defect != nil:
		o.Outcome, o.Err = signet.Fault, l.defect
	case res.Facts == nil:
		return nil
	default:
		o.Outcome, o.Facts, o.Err, o.Unasked = res.Outcome, res.Facts, res.Err, res.Unasked
	}
	return o
}

func (l *listening) result() check.Result {
	defer l.caught()
	return l.observer.Result()
}

// listener hears connections that are over, on a goroutine of its own while a capture is read: taking packets apart and
// understanding what was said cost about the same.
type listener struct {
	checks    []check.Check // those that can listen
	endpoints map[endpointKey]*listening
	order     []*listening
	clients   clients
	heard     uint64
	crowded   uint64
	scratch   [2][]byte
}

// batchSize is how many connections change hands at once, and batches how many such lots may wait.
const (
	batchSize = 32
	batches   = 8
)

// listen starts the listener.
func (r *Reader) listen() {
	over, back := make(chan []*flow, batches), make(chan []*flow, batches)
	r.over, r.back = over, back
	go func() {
		for lot := range over {
			for _, f := range lot {
				r.listener.hear(f)
			}
			back <- lot
		}
		close(back)
	}()
}

// hand gives the listener what is over, and takes back what it has heard.
func (r *Reader) hand() {
	for len(r.batch) > 0 {
		select {
		case r.over <- r.batch:
			r.batch = make([]*flow, 0, batchSize)
		case lot := <-r.back:
			r.recycleAll(lot)
		}
	}
}

// await waits until the listener gives something back.
func (r *Reader) await() {
	r.hand()
	r.recycleAll(<-r.back)
}

func (r *Reader) recycleAll(lot []*flow) {
	for _, f := range lot {
		r.recycle(f)
	}
}

// hush waits for the listener to have heard everything, and ends it.
func (r *Reader) hush() {
	r.hand()
	close(r.over)
	for lot := range r.back {
		r.recycleAll(lot)
	}
	r.Stats.Flows, r.Stats.Crowded, r.Stats.Unlisted = r.heard, r.crowded, r.clients.crowded
}

// hear hands a connection to the check that recognised it.
func (l *listener) hear(f *flow) {
	l.heard++
	c := &l.checks[f.check]
	server, client := &f.dirs[f.server], &f.dirs[1-f.server]
	var asked, answered []byte
	asked, l.scratch[0] = client.assemble(l.scratch[0])
	answered, l.scratch[1] = server.assemble(l.scratch[1])
	paired := !client.based && !server.based && aligned(client, server)
	o := &check.Overheard{
		Client: f.pair[1-f.server].addrPort(), Server: f.pair[f.server].addrPort(), At: f.at,
		FromClient: asked, FromServer: answered,
		ClientWhole: client.based || paired, ServerWhole: server.based || paired,
		ServerDone: server.based && server.ended && uint32(len(answered)) == server.end-server.base,
	}
	to := l.endpoint(c, endpointKey{o.Server, f.check}, f.at)
	if to == nil {
		l.crowded++
		return
	}
	defer to.caught()
	to.observer.Hear(o)
	if c.Passive.Clients != nil {
		list := c.Passive.Clients(o)
		for i := range list {
			l.clients.add(c.Name, o, &list[i])
		}
	}
}

// endpoint is what is known of an endpoint, with the time of one more connection; nil: there are too many.
func (l *listener) endpoint(c *check.Check, key endpointKey, at time.Time) *listening {
	to := l.endpoints[key]
	if to == nil {
		if len(l.order) == maxEndpoints {
			return nil
		}
		e := signet.Endpoint{Target: signet.Target{Addr: key.at.Addr()}, Port: key.at.Port()}
		to = &listening{endpoint: e, check: c, observer: c.Passive.Observe(e), at: at, last: at}
		l.endpoints[key] = to
		l.order = append(l.order, to)
	}
	if at.Before(to.at) {
		to.at = at
	}
	if at.After(to.last) {
		to.last = at
	}
	return to
}
