package mssql

import (
	"strings"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/tds"
)

// Notes of the attempts, in the order in which they can come.
const (
	noteOpen    = "mssql prelogin"
	noteStrict  = "mssql tds 8"
	noteLogin   = "mssql login"
	noteAgain   = "mssql login again"
	noteSPNEGO  = "mssql login spnego"
	noteBrowser = "sql browser"
)

// Questions that can be left out. Extended Protection always is: it takes an account.
const (
	unaskedEPA     = "epa"
	unaskedWindows = "windows-authentication"
)

// browserWait is short: the answer is one datagram of a host that is known to be there.
const browserWait = time.Second

// interview opens with a plain PRELOGIN. What comes next:
//
//	closed, reset or TLS alert → TDS 8.0, TLS first
//	ENCRYPT_OFF                → a second connection, encrypted throughout, for the login
//	an error that is no answer → the same login again, once
//	a bare type 1 refused      → the same login with the token in SPNEGO
//	on port 1433 at last       → the browser of the host, one datagram
type interview struct {
	subject check.Subject
	note    string
	talk    *conversation
	browser *browser
	held    bool // the last attempt is not collected yet

	facts    Facts
	answered bool
	raw      bool // the bare type 1 was refused
	unclear  bool // the last login met an error that says nothing of NTLM
	repeated bool // and was put again
	found    []check.Found
	outcome  signet.Outcome
	err      *signet.Failure
}

func begin(s check.Subject) check.Interview {
	if s.Endpoint.Transport == signet.UDP {
		return &browserInterview{browser: &browser{}}
	}
	iv := &interview{subject: s, facts: newFacts(serviceEngine)}
	iv.facts.Instance = s.Called
	return iv
}

// Next decides on the next connection.
func (iv *interview) Next(end check.End) (check.Attempt, bool) {
	if iv.note == "" {
		return iv.ask(noteOpen, conversation{encrypt: tds.EncryptOff})
	}
	iv.collect(end)
	if iv.subject.Options.Quick {
		return check.Attempt{}, false
	}
	switch iv.note {
	case noteOpen:
		if !iv.answered {
			if mayBeStrict(end) {
				return iv.ask(noteStrict, conversation{strict: true})
			}
			return check.Attempt{}, false
		}
		if iv.facts.Encryption == encryptionOff {
			return iv.ask(noteLogin, conversation{encrypt: tds.EncryptOn})
		}
	case noteBrowser:
		return check.Attempt{}, false
	}
	if !iv.answered {
		return check.Attempt{}, false
	}
	again := conversation{encrypt: iv.talk.encrypt, strict: iv.talk.strict, spnego: iv.talk.spnego}
	if iv.unclear && !iv.repeated {
		iv.repeated = true
		return iv.ask(noteAgain, again)
	}
	if iv.raw && !iv.talk.spnego {
		again.spnego = true
		return iv.ask(noteSPNEGO, again)
	}
	if iv.subject.Endpoint.Port == 1433 {
		iv.note, iv.browser, iv.held = noteBrowser, &browser{}, true
		return check.Attempt{Note: noteBrowser, Talk: iv.browser, Port: tds.BrowserPort, UDP: true, Wait: browserWait}, true
	}
	return check.Attempt{}, false
}

// mayBeStrict tells whether a server could have hung up because it wants TLS first (SQL Server 2022, Force Strict
// Encryption).
func mayBeStrict(end check.End) bool {
	return end.Cause == check.Closed || end.Cause == check.Reset || check.IsForeign(end.Err) && end.Err.Error() == check.Foreign("TLS").Error()
}

func (iv *interview) ask(note string, t conversation) (check.Attempt, bool) {
	t.login = !iv.subject.Options.Quick
	t.sni = iv.subject.Endpoint.ServerName()
	iv.note, iv.talk, iv.held = note, &t, true
	a := check.Attempt{Note: note, Talk: iv.talk}
	if t.strict {
		a.TLS = &check.TLS{ServerName: t.sni, NextProtos: []string{alpn8}}
	}
	return a, true
}

// collect takes over what the last attempt learned, however it ended.
func (iv *interview) collect(end check.End) {
	iv.held = false
	if iv.note == noteBrowser {
		iv.collectBrowser()
		return
	}
	t := iv.talk
	if iv.note == noteOpen {
		iv.outcome = end.Outcome()
	}
	if t.prelogin != nil {
		iv.collectPrelogin(t)
	}
	phase := iv.note
	if t.prelogin != nil {
		phase = noteLogin // whatever the connection was opened for, PRELOGIN went well
	}
	// A TDS 8.0 attempt that failed says nothing more than the plain one before it.
	if f := end.Failure(phase); f != nil && (iv.answered || iv.note == noteOpen) {
		iv.err = f
	}
	if t.tls != nil {
		iv.facts.TLS = t.tls
	}
	iv.collectLogin(t)
}

func (iv *interview) collectPrelogin(t *conversation) {
	if iv.answered {
		return // the first answer counts: the second one was asked with another encryption
	}
	iv.answered, iv.outcome, iv.err = true, signet.Answered, nil
	iv.facts.Version, iv.facts.Product = t.prelogin.Version.String(), t.prelogin.Version.Product()
	iv.facts.Encryption = encryption(t.prelogin)
	if t.strict {
		iv.facts.Encryption = encryptionStrict
	}
}

func (iv *interview) collectLogin(t *conversation) {
	if t.answer == nil {
		return
	}
	refused := t.refused()
	for _, e := range t.answer.Errors {
		if iv.facts.Refusal == nil || refused && saysNo(e.Number) {
			iv.facts.Refusal = &Refusal{Number: e.Number, State: e.State, Class: e.Class, Text: e.Text}
		}
		if _, name, named := strings.Cut(e.Server, `\`); named {
			iv.facts.Instance = name
		}
	}
	challenge := t.ntlm()
	iv.unclear = challenge == nil && !refused && len(t.answer.Errors) > 0 && t.answer.Ack == nil
	switch {
	case challenge != nil:
		iv.facts.NTLM, iv.facts.WindowsAuthentication, iv.facts.Refusal = challenge, windowsProven, nil
	case refused && t.spnego && iv.raw:
		iv.facts.WindowsAuthentication = windowsRefused
	case refused:
		iv.raw = true
	}
}

func (iv *interview) collectBrowser() {
	iv.facts.Instances = instances(iv.browser.list)
	for _, i := range iv.browser.list {
		switch i.TCPPort {
		case 0:
		case iv.subject.Endpoint.Port:
			iv.facts.Instance = i.Name
		default:
			iv.found = append(iv.found, pointer(i))
		}
	}
}

// Result says what was learned so far, of an attempt that was cut short too.
func (iv *interview) Result() check.Result {
	if iv.held {
		outcome, err := iv.outcome, iv.err
		iv.collect(check.End{Cause: check.Interrupted})
		if !iv.answered {
			iv.outcome, iv.err = outcome, err
		}
	}
	r := check.Result{Outcome: iv.outcome, Err: iv.err, Found: iv.found}
	if !iv.answered {
		return r
	}
	f := iv.facts
	r.Facts = &f
	if iv.subject.Options.Quick {
		r.Unasked = append(r.Unasked, unaskedWindows)
	}
	if f.WindowsAuthentication != windowsRefused {
		r.Unasked = append(r.Unasked, unaskedEPA)
	}
	return r
}

// pointer is an instance as a further endpoint.
func pointer(i tds.Instance) check.Found {
	return check.Found{Check: Name, Port: i.TCPPort, Called: i.Name}
}

// browserInterview asks 1434/udp on its own, where no engine answered on 1433.
type browserInterview struct {
	browser *browser
	asked   bool
	outcome signet.Outcome
	err     *signet.Failure
}

// Next asks once.
func (iv *browserInterview) Next(end check.End) (check.Attempt, bool) {
	if iv.asked {
		iv.outcome, iv.err = end.Outcome(), end.Failure(noteBrowser)
		return check.Attempt{}, false
	}
	iv.asked = true
	return check.Attempt{Note: noteBrowser, Talk: iv.browser, UDP: true, Wait: browserWait}, true
}

// Result lists the instances and points to their ports.
func (iv *browserInterview) Result() check.Result {
	r := check.Result{Outcome: iv.outcome, Err: iv.err}
	if len(iv.browser.list) == 0 {
		return r
	}
	f := newFacts(serviceBrowser)
	f.Instances = instances(iv.browser.list)
	r.Outcome, r.Facts = signet.Answered, &f
	for _, i := range iv.browser.list {
		if i.TCPPort != 0 {
			r.Found = append(r.Found, pointer(i))
		}
	}
	return r
}
