package run

import (
	"io"
	"net"
	"strings"
	"time"

	"signet/internal/check"
	"signet/internal/judge"
)

// Env is what a run needs of the process it is in. Nothing here is written, so that runs that go on at once may share one.
type Env struct {
	Checks   []check.Check
	Resolver *net.Resolver    // looks names up; nil: the system's
	Stdin    io.Reader        // what the file name - stands for; nil: an empty file
	Tool     string           // who asks, as reports name it: signet/VERSION
	Warn     func(string)     // takes a line that a person should read, from any goroutine; nil: nobody reads it
	Now      func() time.Time // nil: the system's clock

	// Limits hold for every order, whatever it says; nil: there are none.
	Limits *Limits

	// Policy gives the policy that an Order names; nil: those that are built in, and files.
	Policy func(name string) (*judge.Policy, error)
}

// clock is asked a million times a second: it is the system's own where nobody gave another.
func (e *Env) clock() func() time.Time {
	if e.Now == nil {
		return time.Now
	}
	return e.Now
}

func (e *Env) now() time.Time { return e.clock()() }

func (e *Env) policy(name string) (*judge.Policy, error) {
	if e.Policy == nil {
		return Policy(name)
	}
	return e.Policy(name)
}

func (e *Env) resolver() *net.Resolver {
	if e.Resolver == nil {
		return net.DefaultResolver
	}
	return e.Resolver
}

func (e *Env) warn(line string) {
	if e.Warn != nil {
		e.Warn(line)
	}
}

func (e *Env) stdin() io.Reader {
	if e.Stdin == nil {
		return strings.NewReader("")
	}
	return e.Stdin
}
