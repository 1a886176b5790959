package front

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// Config says where a server listens and how it is reached.
type Config struct {
	Listen  string   // address:port; an address of none is all of them
	URL     string   // it is reached by, with a sub-path or without; "" is that of Listen
	Cert    string   // PEM file of a certificate and those above it; "": no TLS
	Key     string   // PEM file of its key
	Proxies []string // addresses and CIDR blocks of proxies in front, whose X-Forwarded headers count

	// Open is of a server that has no secret and takes none: it listens anywhere, and goes by any name.
	Open bool

	// Stat looks at the files of Cert and Key before they are shown to a client, so that new ones count (os.Stat). nil: they are read once.
	Stat func(name string) (fs.FileInfo, error)
	// Trouble hears of what went wrong inside, a line each, from any goroutine; never of what a request held.
	Trouble func(string)

	Limits
}

// Limits are how much a server takes at once. What is 0 has a default.
type Limits struct {
	Connections int           // at once: 896
	PerAddress  int           // connections of one address that is neither loopback nor a proxy: 128
	Rate        float64       // requests a second of one address: 300
	Burst       int           // at once: 600
	Header      time.Duration // to send a request's head: 10 s
	Read        time.Duration // to send a request: 30 s
	Write       time.Duration // to take an answer: 60 s
	Idle        time.Duration // between two requests: 60 s
	Drain       time.Duration // for requests under way when the server ends: 10 s
}

func (l *Limits) complete() {
	fill(&l.Connections, 896)
	fill(&l.PerAddress, 128)
	fill(&l.Rate, 300)
	fill(&l.Burst, 600)
	fill(&l.Header, 10*time.Second)
	fill(&l.Read, 30*time.Second)
	fill(&l.Write, time.Minute)
	fill(&l.Idle, time.Minute)
	fill(&l.Drain, 10*time.Second)
}

func fill[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// ConfigError is a Config that cannot be served by. Field is named as a flag is: behind-proxy.
type ConfigError struct{ Field, Text string }

func (e *ConfigError) Error() string { return fmt.Sprintf("--%s: %s", e.Field, e.Text) }

func wrong(field, format string, args ...any) error {
	return &ConfigError{field, fmt.Sprintf(format, args...)}
}

// listenAddr reads where to listen. A name could be anybody's, so that it has to be an address, or localhost.
func listenAddr(listen string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return netip.AddrPort{}, wrong("listen", "%q is not ADDRESS:PORT", listen)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, wrong("listen", "%q is no port", port)
	}
	switch host {
	case "":
		host = "::"
	case "localhost":
		host = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, wrong("listen", "%q is no address: want one of this machine, or localhost", host)
	}
	return netip.AddrPortFrom(addr, uint16(n)), nil
}

// parseURL reads the URL that a server is reached by.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, wrong("url", "%.200q is no URL: want https://HOST or https://HOST/PATH", s)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, wrong("url", "%.200q: want http or https", s)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, wrong("url", "%.200q: want a scheme, a host and a path alone", s)
	}
	return u, nil
}

// parseProxies reads addresses and CIDR blocks. All addresses would make everybody a proxy.
func parseProxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return nil, wrong("behind-proxy", "%.100q is neither an address nor a CIDR block", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Bits() == 0 {
			return nil, wrong("behind-proxy", "%s is everybody: name the proxy, or its network", s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
