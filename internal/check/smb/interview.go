package smb

import (
	"errors"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/netbios"
	"signet/internal/wire/smb2"
)

// shared is what the interviews of a run have in common.
type shared struct {
	opening smb2.Template
	token   []byte // NTLM's first message inside SPNEGO
}

// Steps of an interview: what the attempt that just ended was.
const (
	stepStart = iota
	stepOpening
	stepStatus
	stepSMB1
	stepMulti
	stepControl
	stepClimb
	stepTrial
	stepEnd
)

// Notes name the attempts.
const (
	noteOpening = "smb2 negotiate"
	noteOld     = "smb2 negotiate below 3.1.1"
	noteStatus  = "netbios node status"
	noteSMB1    = "smb1 negotiate"
	noteMulti   = "multi-protocol negotiate"
	noteControl = "smb2 negotiate again"
	noteClimb   = "smb2 dialects"
	noteTrial   = "smb2 logon with and without encryption"
)

// portNetBIOS is where SMB is spoken after a session request; portStatus is where names are told.
const (
	portNetBIOS = 139
	portStatus  = 137
)

// interview asks one endpoint. The opening conversation lives inside it, so that a large scan allocates once.
type interview struct {
	shared  *shared
	options *check.Options
	netbios bool
	both    bool // the run asks port 139 of this host as well
	early   bool // SMB 1 is asked for before SMB 2
	asked2  bool // SMB 2 was asked for
	step    int

	facts Facts
	words [12]string // backs the lists of facts: capabilities, ciphers, signing algorithms
	left  [4]string  // backs the list of what was not asked
	talk  conversation
	open  opening
	bytes [320]byte // backs the conversation's buffer

	called   netbios.Name
	named    bool      // the name was asked for once
	first    check.End // of the opening
	spoke1   bool      // SMB 2 was asked for and SMB 1 answered
	none     bool      // every dialect of SMB 2 and 3 was offered and none is spoken
	refused2 bool      // the SMB 2 negotiate was answered with a status that tells nothing of its dialects
	garbled  bool      // the contexts of the SMB 2 answer, ciphers among them, could not be read
	retried  bool      // the dialects below 3.1.1 were offered on a connection of their own
	bare     bool      // NTLM tokens go without SPNEGO around them
	failure  *signet.Failure

	status    *nodeStatus
	legacyEnd check.End
	heard     bool // SMB 2 was agreed on a later connection than the one that asked for SMB 1
	refused1  bool // the SMB 1 request was answered with a status that says it is not spoken
	torn      bool // the SMB 1 answer began, and the connection ended in it
	climb     *climb
	climbed   []string // dialects that the climb found accepted, lowest first
	probed    bool     // required encryption was asked about
	gap       bool     // a dialect was offered and got no answer
	denied    logon    // how the climb's logon was denied, if it was
	control   *control
	trial     *trial
}

func (s *shared) begin(sub check.Subject) check.Interview {
	iv := &interview{shared: s}
	iv.Again(sub)
	return iv
}

// Again implements check.Reusable.
func (iv *interview) Again(sub check.Subject) {
	*iv = interview{shared: iv.shared, options: sub.Options, netbios: sub.Endpoint.Port == portNetBIOS}
	iv.both = slices.ContainsFunc(sub.Ports, func(p check.Port) bool { return p.Number == portNetBIOS && !p.WhenAlive })
	iv.facts.Transport, iv.facts.NTLMOffer = "direct", ntlmUnknown
	if iv.netbios {
		iv.facts.Transport = "netbios"
		iv.called = netbios.NewName(netbios.AnyServer, netbios.SuffixFileServer)
	}
}

// attempt opens a connection for a dialogue.
func (iv *interview) attempt(step int, note string, d dialogue) (check.Attempt, bool) {
	iv.step = step
	iv.talk = conversation{dialogue: d, netbios: iv.netbios, called: iv.called, buf: iv.bytes[:0]}
	return check.Attempt{Note: note, Talk: &iv.talk}, true
}

// Next implements check.Interview.
func (iv *interview) Next(end check.End) (check.Attempt, bool) {
	switch iv.step {
	case stepStart:
		if iv.early = !iv.netbios && !iv.options.Quick && !iv.options.NoSMB1; iv.early {
			return iv.askSMB1()
		}
		return iv.askSMB2()
	case stepOpening:
		return iv.afterOpening(end)
	case stepStatus:
		return iv.afterStatus(end)
	case stepSMB1:
		if iv.early {
			return iv.afterEarly(end)
		}
		return iv.afterSMB1(end)
	case stepMulti:
		return iv.afterMulti(end)
	case stepControl:
		return iv.afterControl(end)
	case stepClimb:
		return iv.afterClimb(end)
	case stepTrial:
		return iv.afterTrial(end)
	}
	return check.Attempt{}, false
}

func (iv *interview) over() (check.Attempt, bool) {
	iv.step = stepEnd
	return check.Attempt{}, false
}

func (iv *interview) askSMB2() (check.Attempt, bool) {
	iv.asked2 = true
	iv.open = opening{iv: iv}
	return iv.attempt(stepOpening, noteOpening, &iv.open)
}

// afterEarly goes on to SMB 2, whatever SMB 1 was met with, if anything listens.
func (iv *interview) afterEarly(end check.End) (check.Attempt, bool) {
	iv.legacyEnd, iv.torn = end, end.Received > iv.talk.taken
	if !end.Connected || check.IsForeign(end.Err) || iv.stopped(end) {
		iv.first = end
		return iv.over()
	}
	if r := iv.talk.refused; r.Type != 0 {
		return iv.afterRefusal(r)
	}
	return iv.askSMB2()
}

func (iv *interview) afterOpening(end check.End) (check.Attempt, bool) {
	iv.first = end
	if !end.Connected || check.IsForeign(end.Err) || iv.stopped(end) {
		return iv.over()
	}
	if r := iv.talk.refused; r.Type != 0 {
		return iv.afterRefusal(r)
	}
	if iv.open.stage == stageOld && !iv.retried && iv.facts.SMB2Offered == nil && (iv.open.stale || abrupt(end)) {
		// Some servers close after a refusal instead of taking another offer: this one was not heard.
		iv.retried = true
		iv.open = opening{iv: iv, stage: stageOld}
		return iv.attempt(stepOpening, noteOld, &iv.open)
	}
	if iv.facts.SMB2Offered != nil {
		iv.fail(end, "smb2 session setup")
	}
	switch {
	case iv.options.Quick:
		return iv.over()
	case iv.options.NoSMB1:
		return iv.startClimb()
	case iv.early:
		iv.heard = is(iv.facts.SMB2Offered)
		return iv.afterBoth(end)
	}
	return iv.askSMB1()
}

// abrupt tells whether a server ended the connection instead of answering.
func abrupt(end check.End) bool { return end.Cause == check.Closed || end.Cause == check.Reset }

// stopped tells whether an attempt ended for a reason of ours: asking on would be against it.
func (iv *interview) stopped(end check.End) bool {
	return end.Cause == check.Denied || end.Cause == check.Interrupted
}

// afterRefusal handles a session request that was not accepted. A server that does not know the name it was called
// by may tell its own. A retarget is not followed: where it points may be out of scope.
func (iv *interview) afterRefusal(r netbios.SessionReply) (check.Attempt, bool) {
	text := "the session request was refused: " + netbios.CodeText(r.Code)
	if !iv.netbios {
		text = "this address is refused: a negative session response (" + netbios.CodeText(r.Code) + ") instead of an answer"
	}
	if r.Type == netbios.RetargetResponse {
		text = "the session request was answered with another address, which is not asked"
	}
	iv.first = check.End{Cause: check.Malformed, Err: errors.New(text), Connected: true, Received: iv.first.Received}
	if !iv.netbios || iv.named || iv.options.Quick || r.Code != netbios.CalledNameNotPresent && r.Code != netbios.NotListeningOnCalled {
		return iv.over()
	}
	iv.named, iv.step = true, stepStatus
	iv.status = newNodeStatus(iv.options.Random)
	return check.Attempt{Note: noteStatus, Talk: iv.status, Port: portStatus, UDP: true}, true
}

func (iv *interview) afterStatus(end check.End) (check.Attempt, bool) {
	if end.Cause != check.Done || !iv.status.found {
		return iv.over()
	}
	iv.called = iv.status.name
	return iv.askSMB2()
}

func (iv *interview) afterSMB1(end check.End) (check.Attempt, bool) {
	iv.legacyEnd, iv.torn = end, end.Received > iv.talk.taken
	return iv.afterBoth(end)
}

// afterBoth goes on when SMB 1 and SMB 2 were asked for, each by itself. end is that of the later attempt.
func (iv *interview) afterBoth(end check.End) (check.Attempt, bool) {
	if iv.facts.SMB2Offered == nil && (abrupt(iv.first) || iv.spoke1 || is(iv.facts.SMB1.Offered)) && !iv.stopped(end) {
		// A close is no answer. In company of SMB 1 the question gets one from every server that speaks either.
		iv.open = opening{iv: iv, stage: stageMulti}
		return iv.attempt(stepMulti, noteMulti, &iv.open)
	}
	if iv.shut1() && !iv.heard && !iv.stopped(end) && !iv.climbs() { // a climb would show the same
		return iv.askAgain(false)
	}
	iv.settleSMB1()
	if iv.stopped(end) {
		return iv.over()
	}
	return iv.startClimb()
}

func (iv *interview) askSMB1() (check.Attempt, bool) {
	return iv.attempt(stepSMB1, noteSMB1, &legacy{iv: iv, names: !is(iv.facts.SMB2Offered)})
}

func (iv *interview) afterMulti(end check.End) (check.Attempt, bool) {
	iv.heard = is(iv.facts.SMB2Offered)
	iv.settleSMB1()
	iv.fail(end, noteMulti)
	if iv.stopped(end) {
		return iv.over()
	}
	return iv.startClimb()
}

// shut1 says that SMB 2 is spoken and a request for SMB 1 was met with a close, as Windows without SMB 1 does ([MS-SMB2]
// §3.3.5.3.2), or with a status that refuses it.
func (iv *interview) shut1() bool {
	end := iv.legacyEnd
	return iv.facts.SMB1.Offered == nil && is(iv.facts.SMB2Offered) && (iv.refused1 || end.Connected && abrupt(end) && !iv.torn)
}

// settleSMB1 reads the end of the SMB 1 request. That a close or a refusal meant the request, and not us, is shown by a
// dialect of SMB 2 agreed on a later connection: until there is one it says nothing.
func (iv *interview) settleSMB1() {
	switch {
	case isNot(iv.facts.SMB1.Offered):
	case iv.refused1 && !is(iv.facts.SMB2Offered), iv.shut1() && iv.heard:
		iv.facts.SMB1.Offered = no()
	case !iv.shut1():
		iv.fail(iv.legacyEnd, noteSMB1)
	}
}

// fail keeps the first failure that left a question open.
func (iv *interview) fail(end check.End, phase string) {
	if iv.failure == nil {
		iv.failure = end.Failure(phase)
	}
}
