package scope

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"unicode/utf8"

	"signet/internal/bounds"
)

// source is one file of targets or exclusions while it is read. It is never held whole.
type source struct {
	name string
	in   *bufio.Reader
	// whole: the file lists exclusions. Every host of a scan is then taken, up or down,
	// with all its ports, and a file cut short is an error: an exclusion that was not
	// read is a packet to a host that must not get one.
	whole bool
	keep  func(port uint16) bool // which open ports of a scan to ask; nil: all
	form  func(Form, string)     // receives what was read, with a name that needs no look-up
	bad   *InputError
	note  func(string)
	taken int
}

const readBuffer = 64 << 10

// read goes through the file; mistakes land in s.bad.
func (s *source) read(r io.Reader) {
	s.in = bufio.NewReaderSize(bounds.UTF8(r), readBuffer) // `>` of Windows PowerShell writes UTF-16
	var err error
	mayBeEmpty := false // a list of exclusions, which may have none yet
	switch head := s.head(); {
	case s.binary():
		err = errors.New("not text: Signet reads targets one a line, nmap XML and masscan JSON, not compressed")
	case head[0] == '<':
		err = s.nmapXML()
	case head[0] == '{', head[0] == '[' && strings.IndexByte("{]\x00", head[1]) >= 0:
		err = s.masscanJSON()
	default:
		err = s.lines()
		mayBeEmpty = s.whole
	}
	if err != nil {
		s.bad.add(fmt.Errorf("%s: %w", s.name, err))
	}
	if err == nil && s.taken == 0 && len(s.bad.Errors) == 0 && !mayBeEmpty {
		s.note(s.name + ": nothing to take from it")
	}
}

// head gives the first two characters that are not white space, 0 where there are none.
func (s *source) head() (h [2]byte) {
	start, _ := s.in.Peek(4096)
	start = bytes.TrimLeft(start, " \t\r\n")
	if len(start) > 0 {
		h[0] = start[0]
		rest := bytes.TrimLeft(start[1:], " \t\r\n")
		if len(rest) > 0 {
			h[1] = rest[0]
		}
	}
	return h
}

// binary tells that the file is no text at all: one sentence says it better than its first lines.
func (s *source) binary() bool {
	start, _ := s.in.Peek(4096)
	return bytes.IndexByte(start, 0) >= 0
}

func (s *source) lineError(line, column int, format string, args ...any) bool {
	return s.bad.add(&LineError{s.name, line, column, fmt.Sprintf(format, args...)})
}

// cutShort says that a scan file ends before its end.
func (s *source) cutShort(line, column int, what string) {
	if s.whole {
		s.lineError(line, column, "%s; a list of exclusions has to be whole", what)
		return
	}
	s.note(fmt.Sprintf("%s:%d: %s; the hosts before it are in scope, the missing ones are not", s.name, line, what))
}

// lines reads one TARGET a line.
func (s *source) lines() error {
	for number := 1; ; number++ {
		line, err := s.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if !s.lineError(number, 1, "a line of more than %d bytes", readBuffer) {
				return nil
			}
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = s.in.ReadSlice('\n')
			}
			line = nil
		}
		if err != nil && err != io.EOF {
			return err
		}
		if !s.line(number, line) {
			return nil
		}
		if err == io.EOF {
			return nil
		}
	}
}

// line takes one line; it reports whether to go on.
func (s *source) line(number int, line []byte) bool {
	if i := bytes.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	text := bytes.TrimLeft(line, " \t\r\n")
	indent := len(line) - len(text)
	text = bytes.TrimRight(text, " \t\r\n")
	if len(text) == 0 {
		return true
	}
	if i := bytes.IndexAny(text, " \t"); i >= 0 {
		column := indent + utf8.RuneCount(text[:i]) + 2
		return s.lineError(number, column, "one target a line, comments after #%s", otherFormat(text))
	}
	form, err := Parse(string(text))
	if err != nil && bytes.ContainsAny(text, ",;") { // whose other lines would be as wrong
		s.lineError(number, indent+1, "%v; one target a line: of a table give the column of addresses or names alone", err)
		return false
	}
	if err != nil {
		var at *ParseError
		if errors.As(err, &at) {
			return s.lineError(number, indent+at.Column, "%v", err)
		}
		return s.lineError(number, indent+1, "%v", err)
	}
	s.taken++
	s.form(form, "")
	return true
}

// otherFormat names the tool whose other output formats people hand in by mistake.
func otherFormat(line []byte) string {
	begins := func(words ...string) bool {
		for _, w := range words {
			if bytes.HasPrefix(line, []byte(w)) {
				return true
			}
		}
		return false
	}
	fields := bytes.Fields(line)
	switch {
	case begins("Nmap scan report", "Starting Nmap", "Interesting ports on ", "Host: "):
		return "; of nmap's output formats only XML (-oX) is read"
	case begins("open tcp ", "closed tcp ", "Discovered open port", "Timestamp: "):
		return "; of masscan's output formats only JSON (-oJ, -oD) and XML (-oX) are read"
	case len(fields) > 4 && bytes.HasPrefix(fields[4], []byte("[")):
		return "; it seems to be a log of NetExec, which is not read"
	case bytes.Contains(line, []byte(" -> [")), begins("Open "):
		return "; it seems to be what RustScan prints: give nmap's XML (-- -oX FILE)"
	}
	return ""
}

// scanned is one host of a scan file.
type scanned struct {
	addr  netip.Addr
	name  string // as typed to the scanner; names from DNS are not trusted
	alive bool
	open  []uint16
}

// host takes a host of a scan: with its open ports where it has any that are wanted, else
// as it is if it was alive.
func (s *source) host(h scanned) {
	if s.whole {
		s.taken++
		s.form(Form{Ranges: []Range{{h.addr, h.addr}}}, "")
		return
	}
	h.alive = h.alive || len(h.open) > 0
	if !h.alive {
		return
	}
	ports := make([]uint16, 0, len(h.open))
	for _, p := range h.open {
		if s.keep == nil || s.keep(p) {
			ports = append(ports, p)
		}
	}
	s.taken++
	s.form(Form{Ranges: []Range{{h.addr, h.addr}}, Ports: sortedPorts(ports)}, h.name)
}

// scannedAddr reads an address out of a scan file.
func scannedAddr(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%.60q is not an address", text)
	}
	return a.WithZone("").Unmap(), nil
}

// scannedPort reads a port out of a scan file.
func scannedPort(text string) (uint16, error) {
	n, ok := decimal(text, 65535)
	if !ok || n == 0 {
		return 0, fmt.Errorf("%.60q is not a port", text)
	}
	return uint16(n), nil
}
