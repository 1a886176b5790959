package front

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Server listens, and hands to a handler what it lets in.
type Server struct {
	c       Config
	tls     *tls.Config // nil: none
	at      netip.AddrPort
	own     *renewed // certificate; nil: none
	proxies proxies

	listener net.Listener
	reach    *reach
	draining chan struct{}
	drain    sync.Once
}

// New checks a Config. Its error is a *ConfigError.
func New(c Config) (*Server, error) {
	c.complete()
	if c.Trouble == nil {
		c.Trouble = func(string) {}
	}
	s := &Server{c: c, draining: make(chan struct{})}
	var err error
	if s.at, err = listenAddr(c.Listen); err != nil {
		return nil, err
	}
	if s.proxies, err = parseProxies(c.Proxies); err != nil {
		return nil, err
	}
	if c.Cert != "" || c.Key != "" {
		if s.own, err = newRenewed(&c); err != nil {
			return nil, err
		}
		s.tls = tlsConfig(s.own)
	}
	if s.tls == nil && len(s.proxies) == 0 && !c.Open && !s.at.Addr().Unmap().IsLoopback() {
		return nil, wrong("listen", "%s is not on loopback, and passwords would cross the network in the clear: give --tls-cert and --tls-key, or name the proxy in front with --behind-proxy", c.Listen)
	}
	_, err = newReach(&c, s.own, "")
	return s, err
}

// Listen opens the port. The server is reached from now on, and answers once Serve is called.
func (s *Server) Listen(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.at.String())
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err == nil {
		s.reach, err = newReach(&s.c, s.own, port)
	}
	if err != nil {
		l.Close()
		return err
	}
	s.listener = &bounded{Listener: l, all: s.c.Connections, each: s.c.PerAddress,
		free: func(a netip.Addr) bool { return a.IsLoopback() || s.proxies.has(a) }}
	return nil
}

// At is where the server listens.
func (s *Server) At() netip.AddrPort {
	a, _ := s.listener.Addr().(*net.TCPAddr)
	return a.AddrPort()
}

// Close closes the port of a server that is not to be served.
func (s *Server) Close() error { return s.listener.Close() }

// URL is what the server is reached by, without a slash at its end.
func (s *Server) URL() string { return s.reach.base(s.At()) }

// Serve answers requests by a handler until ctx ends, and then lets those under way come to their end. It closes the port.
func (s *Server) Serve(ctx context.Context, h http.Handler) error {
	hs := &http.Server{
		Handler:           working(s.front(h)),
		ConnContext:       withConn,
		ReadHeaderTimeout: s.c.Header,
		ReadTimeout:       s.c.Read,
		WriteTimeout:      s.c.Write,
		IdleTimeout:       s.c.Idle,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // of clients that speak no TLS; what is ours goes to Trouble
		TLSConfig:         s.tls,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 64},
	}
	ended := make(chan error, 1)
	go func() {
		if s.tls != nil {
			ended <- hs.ServeTLS(s.listener, "", "")
			return
		}
		ended <- hs.Serve(s.listener)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.drain.Do(func() { close(s.draining) })
	left, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.c.Drain)
	defer cancel()
	err := hs.Shutdown(left)
	if errors.Is(err, context.DeadlineExceeded) { // those that did not come to their end in time are cut
		err = hs.Close()
	}
	return err
}

// Seen is what is known of a request besides itself.
type Seen struct {
	Client   netip.Addr
	HTTPS    bool   // between the client and the first proxy, or this server
	Origin   string // of this server's own pages: https://host
	Path     string // sub-path that links begin with, without a slash at its end
	Draining <-chan struct{}
}

type seenKey struct{}

// Of is what is known of the request of a context.
func Of(ctx context.Context) Seen {
	s, _ := ctx.Value(seenKey{}).(Seen)
	return s
}

// IsHealth tells whether a path is one that probes ask, by whatever name they know the server.
func IsHealth(path string) bool { return path == "/livez" || path == "/readyz" }

// front lets in what may be let in.
func (s *Server) front(next http.Handler) http.Handler {
	p := &pace{rate: rate.Limit(s.c.Rate), burst: s.c.Burst, now: time.Now}
	return caught(s.c.Trouble, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := s.proxies.of(r)
		https := f.https || s.reach.url != nil && s.reach.url.Scheme == "https"
		secure(w.Header(), https)
		if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
			// Where a proxy in front takes another end for that of a body in chunks, what follows would be another's request.
			w.Header().Set("Connection", "close")
		}
		if wait, ok := p.take(f.client); !ok {
			TooSoon(w, wait, "too many requests from this address")
			return
		}
		if !s.c.Open && !IsHealth(r.URL.Path) && !s.reach.knows(f.host) {
			misdirected(w, r)
			return
		}
		r.Host = f.host
		r = r.WithContext(context.WithValue(r.Context(), seenKey{}, Seen{
			Client: f.client, HTTPS: https, Origin: s.reach.origin(f.host, https), Path: s.reach.path, Draining: s.draining,
		}))
		if !s.reach.strip(r) {
			w.Header().Set("Location", s.reach.path+"/")
			w.WriteHeader(http.StatusPermanentRedirect)
			return
		}
		next.ServeHTTP(w, r)
	}))
}
