package desk

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// guess tries a password that is wrong, and says how long it waited, or was told to.
func (f *fixture) guess(t *testing.T, name, from string) (waited time.Duration, refused bool) {
	t.Helper()
	f.mu.Lock()
	f.waited = nil
	f.mu.Unlock()
	_, _, err := f.LogOn(t.Context(), Logon{Name: name, Password: "wrong", From: at(from)})
	if e, ok := errors.AsType[*TooSoon](err); ok {
		return e.After, true
	}
	if !errors.Is(err, ErrWrong) {
		t.Fatal(err)
	}
	for _, w := range f.waited {
		waited += w
	}
	return waited, false
}

// Who guesses waits longer and longer, and not for ever; whoever has the password gets in at once after that.
func TestGuessingOneAccount(t *testing.T) {
	f := ready(t)
	var last time.Duration
	refused := 0
	for i := range 24 {
		waited, no := f.guess(t, "otto", fmt.Sprintf("10.1.%d.1", i)) // each from another address
		switch {
		case no:
			refused++
			if waited <= longestWait || waited > slowest {
				t.Errorf("attempt %d is told to come again in %s", i, waited)
			}
			f.move(waited)
			last = 0 // the next one comes when it was told to
			continue
		case i < freeOfAccount && waited > 0:
			t.Errorf("attempt %d waits %s", i, waited)
		case i > freeOfAccount && waited < last:
			t.Errorf("attempt %d waits %s, the one before %s", i, waited, last)
		}
		last = waited
		if waited > longestWait {
			t.Errorf("attempt %d waits %s", i, waited)
		}
	}
	if refused == 0 {
		t.Error("none of 24 was refused")
	}
	// No lock lasts.
	f.move(slowest)
	if _, _, err := f.LogOn(t.Context(), Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.7")}); err != nil {
		t.Errorf("who has the password, half a minute later: %v", err)
	}
	if waited, no := f.guess(t, "otto", "10.1.77.1"); waited > 0 || no {
		t.Errorf("after it was right the next mistake waits %s", waited)
	}
}

// Attempts that are made at once wait behind one another: none is free because the others have not failed yet.
func TestGuessingAtOnce(t *testing.T) {
	p := newPace()
	now := time.Now()
	var waits []time.Duration
	for i := range 40 {
		wait, ok := p.enter(now, keysOf("a", at(fmt.Sprintf("10.1.%d.1", i)), false))
		if ok {
			waits = append(waits, wait)
		}
	}
	if want := "[0s 0s 0s 0s 0s 500ms 1.5s 3.5s 7.5s]"; fmt.Sprint(waits) != want {
		t.Errorf("of 40 attempts at one moment these are let in: %v, want %s", waits, want)
	}
}

// Who guesses at many accounts from one address is slowed down, also by logging on to one of their own in between; whoever is elsewhere is not.
func TestGuessingFromOneAddress(t *testing.T) {
	f := ready(t)
	start := f.now()
	for i := range 40 {
		if waited, no := f.guess(t, fmt.Sprint("user", i), "10.2.0.1"); no {
			f.move(waited)
		}
		if _, _, err := f.LogOn(t.Context(), Logon{Name: "vera", Password: anyPassword, From: at("10.2.0.1")}); err != nil {
			if e, ok := errors.AsType[*TooSoon](err); ok {
				f.move(e.After)
				continue
			}
			t.Fatal(err)
		}
	}
	if took := f.now().Sub(start); took < 5*time.Minute {
		t.Errorf("40 guesses took %s", took)
	}
	if waited, no := f.guess(t, "user99", "10.2.0.2"); waited > 0 || no {
		t.Errorf("another address waits %s", waited)
	}
	// Of IPv6 a /64 is one address.
	for i := range 16 {
		f.guess(t, fmt.Sprint("v6-", i), fmt.Sprintf("2001:db8::%x", i+1))
	}
	if waited, no := f.guess(t, "v6", "2001:db8::ffff"); waited == 0 && !no {
		t.Error("another address of the same /64 waits for nothing")
	}
	if network(at("::ffff:10.0.0.1")) != "10.0.0.1" {
		t.Error("an IPv4 address in IPv6 is another one")
	}
}

// Where somebody is logged on, they are not slowed down by who guesses at their account from elsewhere.
func TestGuessingElsewhere(t *testing.T) {
	f := ready(t)
	f.logOn(t, "otto", anyPassword, "10.0.0.7")
	for i := range 30 {
		f.guess(t, "otto", fmt.Sprintf("10.1.%d.1", i))
	}
	f.mu.Lock()
	f.waited = nil
	f.mu.Unlock()
	f.logOn(t, "otto", anyPassword, "10.0.0.7")
	if len(f.waited) > 0 {
		t.Errorf("at home it waits %v", f.waited)
	}
	if waited, no := f.guess(t, "otto", "10.1.99.1"); waited == 0 && !no {
		t.Error("and so who guesses was let off")
	}
	// Guessing at home is slow too.
	slow := false
	for range freeOfAccount + 3 {
		waited, no := f.guess(t, "otto", "10.0.0.7")
		slow = slow || waited > 0 || no
	}
	if !slow {
		t.Error("at the address of a session guessing is free")
	}
}

// What is remembered of attempts is bounded, and what is worst is remembered longest.
func TestPaceIsBounded(t *testing.T) {
	p := newPace()
	now := time.Now()
	bad := keysOf("bad", at("10.0.0.1"), false)
	for range 8 {
		now = now.Add(time.Minute)
		p.enter(now, bad)
	}
	for i := range mostLanes + 1000 {
		p.enter(now, keysOf(fmt.Sprint(i), at(fmt.Sprintf("10.%d.%d.1", 1+i>>8&0xff, i&0xff)), false))
	}
	if len(p.lanes) > mostLanes {
		t.Errorf("%d are remembered", len(p.lanes))
	}
	if wait, _ := p.enter(now, bad); wait == 0 {
		t.Error("who was worst is forgotten")
	}
	if wait, ok := p.enter(now.Add(forgotten+time.Minute), bad); !ok || wait != 0 {
		t.Errorf("after an hour it waits %s", wait)
	}
}

// A wait ends with the context.
func TestWaitEnds(t *testing.T) {
	f := ready(t)
	for i := range freeOfAccount + 2 {
		f.guess(t, "otto", fmt.Sprintf("10.1.%d.1", i))
	}
	f.Desk.config.Wait = sleep
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, _, err := f.LogOn(ctx, Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.7")})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 300*time.Millisecond {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}
