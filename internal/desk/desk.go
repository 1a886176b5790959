package desk

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"signet/internal/store"
)

// Config is what a desk is told of the rest of the program. What is left out has a default.
type Config struct {
	Now    func() time.Time                           // time.Now
	Wait   func(context.Context, time.Duration) error // a timer
	Random io.Reader                                  // crypto/rand; as that, for any goroutine

	Idle    time.Duration // after which a session that nobody uses has ended: 2 h
	Longest time.Duration // after which every session has: 12 h

	Checks   []string // that a site may name
	Rules    []string // that an exception may name, besides *
	Policies []string // that ship with Signet
	Runners  []string // that a site may name, besides "here"

	// LintPolicy tells what is wrong with the text of a policy, LintScope with the terms of an exception's scope, and CheckTarget with a
	// target or an exclusion; nil takes anything.
	LintPolicy  func(yaml string) error
	LintScope   func(terms []string) error
	CheckTarget func(target string) error

	// CheckSchedule tells what is wrong with when a schedule is due: a *FieldError; nil takes anything.
	CheckSchedule func(*Schedule) error
	// CheckChannel tells what is wrong with where a channel leads: a *FieldError; nil takes anything.
	CheckChannel func(c *Channel, secret string) error
	// Sealer seals the secrets of channels, and of sessions that an identity provider renews; nil: there are none.
	Sealer Sealer

	NoLocal bool   // nobody logs on with a password
	Issuer  string // the identity provider whose users log on; empty: there is none

	// Told hears of each entry of the audit log once it is stored, in order. It must not wait.
	Told func(Entry)
	// Carrying says how far the audit log was carried elsewhere; nil: it is carried nowhere.
	Carrying func() Carrying

	memory uint32 // that hashing a password takes, in KiB; less in tests of other things
}

// Desk is an open desk. Its methods may be called from any goroutine.
type Desk struct {
	config  Config
	store   store.Desk
	held    context.Context
	release func()
	turn    chan struct{} // has one element while nobody writes
	doubt   bool          // a write failed, and what it left is not known; of whoever has the turn

	users      shelf[user]
	sessions   shelf[session]
	tokens     shelf[token]
	sites      shelf[Site]
	policies   shelf[Policy]
	exceptions shelf[Exception]
	rows       shelf[RowState]
	settings   shelf[Settings]
	owners     shelf[Owners]
	jobs       shelf[Job]
	schedules  shelf[Schedule]
	channels   shelf[channel]
	former     shelf[formerUser]

	head    auditHead
	hashes  hashes
	pace    pace
	nobody  string // a hash that no password has, at the usual cost
	replies replies
	heard   heard
}

// Open takes the desk of a store, which no other process may have (store.ErrHeld), and reads it. Nothing is written any more once ctx has
// ended: it outlives whatever still has something to write.
func Open(ctx context.Context, s store.Desk, c Config) (*Desk, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = sleep
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Idle == 0 {
		c.Idle = 2 * time.Hour
	}
	if c.memory == 0 {
		c.memory = argonMemory
	}
	if c.Longest == 0 {
		c.Longest = 12 * time.Hour
	}
	d := &Desk{
		config: c, store: s, turn: make(chan struct{}, 1), hashes: newHashes(c.memory), pace: newPace(),
		users: shelf[user]{kind: "user"}, sessions: shelf[session]{kind: "session"}, tokens: shelf[token]{kind: "token"}, sites: shelf[Site]{kind: "site"},
		policies: shelf[Policy]{kind: "policy"}, exceptions: shelf[Exception]{kind: "exception"}, rows: shelf[RowState]{kind: "row-state"},
		settings: shelf[Settings]{kind: "settings"}, owners: shelf[Owners]{kind: "owners"}, jobs: shelf[Job]{kind: "job"}, schedules: shelf[Schedule]{kind: "schedule"}, channels: shelf[channel]{kind: "channel"}, former: shelf[formerUser]{kind: "former-user"},
	}
	d.turn <- struct{}{}
	var err error
	if d.held, d.release, err = s.Hold(ctx, "serve"); err != nil {
		return nil, err
	}
	if d.nobody, err = d.newHash(ctx, ""); err == nil {
		err = d.load(ctx)
	}
	if err != nil {
		d.release()
		return nil, err
	}
	return d, nil
}

// Held ends when the desk is another's, or closed: nothing that it says counts from then on.
func (d *Desk) Held() context.Context { return d.held }

// Answers tells whether the desk is still this process's, and its store answers.
func (d *Desk) Answers(ctx context.Context) error {
	if d.held.Err() != nil {
		return context.Cause(d.held)
	}
	if _, err := d.store.Document(ctx, "settings", "all"); !errors.Is(err, store.ErrUnknown) {
		return err
	}
	return nil
}

// Close gives the desk back. The store stays open.
func (d *Desk) Close() { d.release() }

func sleep(ctx context.Context, long time.Duration) error {
	t := time.NewTimer(long)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// load reads every shelf, and where the audit log ends.
func (d *Desk) load(ctx context.Context) error {
	for _, load := range []func(context.Context, store.Desk) error{d.users.load, d.sessions.load, d.tokens.load, d.sites.load, d.policies.load,
		d.exceptions.load, d.rows.load, d.settings.load, d.owners.load, d.jobs.load, d.schedules.load, d.channels.load, d.former.load} {
		if err := load(ctx, d.store); err != nil {
			return err
		}
	}
	return d.loadHead(ctx)
}

// Act is who does something, and from where.
type Act struct {
	Who  Who
	From netip.Addr
}

// plan is what one write will change, and what the audit log will say of it.
type plan struct {
	act     Act
	now     time.Time
	changes []change
	entries []Entry
}

// note plans an entry; detail is names and values in turn.
func (p *plan) note(action, object string, detail ...string) {
	e := Entry{Action: action, Object: object, Result: "ok"}
	for i := 0; i+1 < len(detail); i += 2 {
		if e.Detail == nil {
			e.Detail = map[string]string{}
		}
		e.Detail[detail[i]] = detail[i+1]
	}
	p.entries = append(p.entries, e)
}

// writeTime bounds a write that whoever asked for it does not wait for any more.
const writeTime = 20 * time.Second

// change has somebody change something: make plans it, when it is its turn, and it is written with its entries, or nothing is.
func (d *Desk) change(ctx context.Context, act Act, make func(*plan) error) error {
	select {
	case <-d.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { d.turn <- struct{}{} }()
	if d.held.Err() != nil {
		return context.Cause(d.held)
	}
	if d.doubt {
		if err := d.load(ctx); err != nil {
			return err
		}
		d.doubt = false
	}
	p := &plan{act: act, now: d.now()}
	if err := make(p); err != nil {
		return err
	}
	head := d.head
	if err := d.chain(p, &head); err != nil {
		return err
	}
	edits := []store.Edit(nil)
	for _, c := range p.changes {
		edits = append(edits, c.edit)
	}
	if len(edits) == 0 {
		return nil
	}
	// Whoever hangs up does not keep what was decided from being written: an attempt that failed, for instance.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	revs, err := d.store.Write(ctx, edits...)
	if err != nil {
		d.doubt = true
		return err
	}
	for i, c := range p.changes {
		c.made(revs[i])
	}
	d.head = head
	if d.config.Told != nil {
		for _, e := range p.entries {
			d.config.Told(e)
		}
	}
	return nil
}

// now is the time as documents tell it.
func (d *Desk) now() time.Time { return d.config.Now().UTC().Truncate(time.Millisecond) }

// random gives n random bytes.
func (d *Desk) random(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(d.config.Random, b)
	return b, err
}

// newID makes an ID that no other document has: 16 letters and digits.
func (d *Desk) newID() (string, error) {
	b, err := d.random(10)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b)), err
}
