package cli

import (
	"bufio"
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine"
)

// options is what the flags of a scan say to checks.
func (a *app) options(f *scanFlags, depth signet.Depth) (*check.Options, error) {
	o := &check.Options{
		Depth: depth, Quick: f.quick, Deep: f.deep, NoSMB1: f.noSMB1, HTTPThorough: f.thorough, CANames: f.caNames,
		Random: func(b []byte) { crand.Read(b) }, // never fails since Go 1.24
		Now:    time.Now,
	}
	var b [7]byte
	crand.Read(b[:])
	o.DecoyName = "signet-" + hex.EncodeToString(b[:])[:13]
	if slices.Contains(f.caNames, "") {
		return nil, usage("--ca-name: the name is missing")
	}
	for _, path := range f.httpPaths {
		paths, err := readPaths(path)
		if err != nil {
			return nil, usage("--http-paths: %v", err)
		}
		o.HTTPPaths = append(o.HTTPPaths, paths...)
	}
	return o, nil
}

// readPaths reads URL paths, one a line, # comments.
func readPaths(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var paths []string
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(sc.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !strings.HasPrefix(line, "/") || strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("%s:%d: %q is not a path: it starts with / and is percent-encoded ASCII", file, n, line)
		}
		paths = append(paths, line)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return paths, nil
}

// limits are the time-outs of the flags.
func (f *scanFlags) limits() dial.Limits {
	l := dial.Defaults()
	l.Host, l.Retries = f.hostTimeout, f.retries
	if f.timeout > 0 {
		l.Connect, l.Exchange = f.timeout, f.timeout
	}
	return l
}

// discovery is the engine's word for --discover, which settle has checked.
func discovery(flag string) engine.Discover {
	switch flag {
	case "syn":
		return engine.DiscoverSYN
	case "connect":
		return engine.DiscoverConnect
	}
	return engine.DiscoverAuto
}
