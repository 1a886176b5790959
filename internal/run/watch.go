package run

// Watch is a look at how far a scan is. Its numbers only grow, but for InFlight and FollowUps, which are of the moment.
type Watch struct {
	Total       uint64    // addresses that are to be asked
	Addresses   uint64    // of those, finished
	Alive       uint64    // of those, ones where anything answered
	Asked       uint64    // endpoints
	Outcomes    [8]uint64 // of endpoints, by signet.Outcome
	Findings    uint64
	Connections uint64 // begun, and datagram sockets
	SYNs        uint64 // packets of a raw sweep
	InFlight    uint64 // sockets open now
	FollowUps   uint64 // interviews after the opening that are held now
}

// Watch looks at the scan, from any goroutine, at any time once it is prepared.
func (s *Scan) Watch() Watch {
	st := &s.engine.Stats
	w := Watch{
		Total: s.visit.Len(), Addresses: st.Addresses.Load(), Alive: st.Alive.Load(), Asked: st.Asked.Load(), Findings: s.sink.findings.Load(),
		Connections: st.Dials.Load(), SYNs: st.SYNs.Load(), InFlight: uint64(max(0, st.InFlight.Load())), FollowUps: uint64(max(0, st.FollowUps.Load())),
	}
	for i := range w.Outcomes {
		w.Outcomes[i] = st.Outcomes[i].Load()
	}
	return w
}
