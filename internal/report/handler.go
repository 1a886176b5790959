package report

import (
	"errors"
	"net/netip"

	"signet"
)

// Handler takes the stream of a run: Begin; then clients, endpoints and, each after the last of its endpoints, hosts; then
// Paths once and each Path; then End exactly once, also after an interruption. Embed Ignore and answer what matters.
type Handler interface {
	Begin(*Header) error
	Client(*signet.Client) error
	Endpoint(*Line) error
	// Left says that nothing more comes of an address, where hosts are not folded.
	Left(netip.Addr) error
	Host(*signet.Host) error
	Paths(*signet.Paths) error
	Path(*signet.Path) error
	End(*Summary) error

	// Wants says what is to be made for this handler alone.
	Wants() Wants
}

// Aside is a handler that has a line to say beside its output, for standard error, once that is whole. Empty: nothing.
type Aside interface{ Aside() string }

// Wants are the parts of a stream that cost something to make. They come to every handler once one of them wants them.
type Wants struct{ Hosts, Paths bool }

// Ignore takes everything and does nothing with it.
type Ignore struct{}

func (Ignore) Begin(*Header) error         { return nil }
func (Ignore) Client(*signet.Client) error { return nil }
func (Ignore) Endpoint(*Line) error        { return nil }
func (Ignore) Left(netip.Addr) error       { return nil }
func (Ignore) Host(*signet.Host) error     { return nil }
func (Ignore) Paths(*signet.Paths) error   { return nil }
func (Ignore) Path(*signet.Path) error     { return nil }
func (Ignore) End(*Summary) error          { return nil }
func (Ignore) Wants() Wants                { return Wants{} }

// Tee hands a stream to several handlers, in their order. The first error ends an event, but for End, which each handler is
// told.
type Tee []Handler

func (t Tee) each(do func(Handler) error) error {
	for _, h := range t {
		if err := do(h); err != nil {
			return err
		}
	}
	return nil
}

// Begin hands an event on, as do the methods below.
func (t Tee) Begin(h *Header) error { return t.each(func(to Handler) error { return to.Begin(h) }) }

func (t Tee) Client(c *signet.Client) error {
	return t.each(func(to Handler) error { return to.Client(c) })
}

// Endpoint is written out: it comes once for each of a million lines.
func (t Tee) Endpoint(l *Line) error {
	for _, to := range t {
		if err := to.Endpoint(l); err != nil {
			return err
		}
	}
	return nil
}

func (t Tee) Left(addr netip.Addr) error {
	return t.each(func(to Handler) error { return to.Left(addr) })
}

func (t Tee) Host(h *signet.Host) error { return t.each(func(to Handler) error { return to.Host(h) }) }

func (t Tee) Paths(p *signet.Paths) error {
	return t.each(func(to Handler) error { return to.Paths(p) })
}

func (t Tee) Path(p *signet.Path) error { return t.each(func(to Handler) error { return to.Path(p) }) }

// End tells every handler, whatever another says to it.
func (t Tee) End(s *Summary) error {
	var errs []error
	for _, to := range t {
		errs = append(errs, to.End(s))
	}
	return errors.Join(errs...)
}

// Wants is what any of them wants.
func (t Tee) Wants() (w Wants) {
	for _, h := range t {
		one := h.Wants()
		w.Hosts, w.Paths = w.Hosts || one.Hosts, w.Paths || one.Paths
	}
	return w
}
