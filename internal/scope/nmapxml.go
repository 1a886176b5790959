package scope

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"signet/internal/bounds"
)

// nmapXML reads the XML that nmap (nmap.dtd) and masscan write, token by token: hosts
// that were up, with their open TCP ports. Names are taken only where the user had typed
// them (type="user"): a PTR record is what somebody else says.
func (s *source) nmapXML() error {
	in := bounds.NewXML(s.in)
	d := in.Decoder
	d.Strict = false // script output may hold entities that XML does not know
	d.CharsetReader = asciiReader
	x := nmapReader{source: s, decoder: d}
	for !s.bad.More {
		x.line, x.column = d.InputPos()
		in.Element() // none is kept whole
		token, err := in.Token()
		if err != nil {
			return x.ended(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !x.rooted && t.Name.Local != "nmaprun" {
				s.lineError(x.line, x.column, "XML, but not nmap's: it starts with <%.40s>, not <nmaprun>", t.Name.Local)
				return nil
			}
			x.start(t)
		case xml.EndElement:
			x.end(t.Name.Local)
		}
	}
	return nil
}

type nmapReader struct {
	source       *source
	decoder      *xml.Decoder
	line, column int  // where the token began
	rooted       bool // <nmaprun> was seen
	closed       bool // </nmaprun> was seen
	inHost       bool
	host         scanned
	port         string // portid while inside a tcp <port>
	broken       bool   // the host holds a mistake that has been reported
}

func (x *nmapReader) start(t xml.StartElement) {
	switch t.Name.Local {
	case "nmaprun":
		x.rooted = true
	case "host":
		x.inHost, x.host, x.port, x.broken = true, scanned{}, "", false
	}
	if !x.inHost { // <hosthint> repeats hosts whose scan may not have finished
		return
	}
	switch t.Name.Local {
	case "status":
		x.host.alive = attr(t, "state") == "up"
	case "address":
		if kind := attr(t, "addrtype"); kind == "ipv4" || kind == "ipv6" || kind == "" {
			a, err := scannedAddr(attr(t, "addr"))
			x.check(err)
			x.host.addr = a
		}
	case "hostname":
		if f, err := parseName(attr(t, "name")); err == nil && attr(t, "type") == "user" {
			x.host.name = f.Name
		}
	case "port":
		x.port = ""
		if attr(t, "protocol") == "tcp" {
			x.port = attr(t, "portid")
		}
	case "state":
		if x.port != "" && attr(t, "state") == "open" {
			p, err := scannedPort(x.port)
			x.check(err)
			x.host.open = append(x.host.open, p)
		}
	}
}

func (x *nmapReader) end(name string) {
	switch name {
	case "port":
		x.port = ""
	case "host":
		if x.inHost && !x.broken {
			if x.host.addr.IsValid() {
				x.source.host(x.host)
			} else {
				x.check(errors.New("a <host> without an IP address"))
			}
		}
		x.inHost = false
	case "nmaprun":
		x.closed = true
	}
}

func (x *nmapReader) check(err error) {
	if err != nil && !x.broken {
		x.broken = true
		x.source.lineError(x.line, x.column, "%v", err)
	}
}

// ended sorts out why there are no more tokens.
func (x *nmapReader) ended(err error) error {
	var syntax *xml.SyntaxError
	line, column := x.decoder.InputPos()
	column = max(column, 1) // 0 once the decoder has put back an end of line
	switch {
	case err == io.EOF && x.closed && !x.inHost:
		return nil
	case err == io.EOF && !x.rooted:
		x.source.lineError(line, column, "XML, but not nmap's: no <nmaprun>")
		return nil
	case err == io.EOF, errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF"):
		x.source.cutShort(line, column, "the XML ends before </nmaprun>: the scan was interrupted")
		return nil
	case syntax != nil:
		x.source.lineError(line, column, "XML: %s", syntax.Msg)
		return nil
	}
	return err
}

func attr(t xml.StartElement, name string) string {
	for i := range t.Attr {
		if t.Attr[i].Name.Local == name {
			return t.Attr[i].Value
		}
	}
	return ""
}

// asciiReader serves the single-byte character sets: what this reads of the file is ASCII.
func asciiReader(charset string, in io.Reader) (io.Reader, error) {
	switch c := strings.ToLower(charset); {
	case c == "us-ascii", strings.HasPrefix(c, "iso-8859-"), strings.HasPrefix(c, "windows-125"):
		return asciiOnly{in}, nil
	}
	return nil, fmt.Errorf("character set %.40q is not read; give UTF-8", charset)
}

type asciiOnly struct{ in io.Reader }

func (a asciiOnly) Read(p []byte) (int, error) {
	n, err := a.in.Read(p)
	for i, c := range p[:n] {
		if c >= 0x80 {
			p[i] = '?'
		}
	}
	return n, err
}
