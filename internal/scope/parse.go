package scope

import (
	"encoding/binary"
	"fmt"
	mathbits "math/bits"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// Form is one TARGET as read: either a host name or addresses, and the ports typed with it.
type Form struct {
	Name   string       // host name in lower case without a final dot; "" when Ranges say it all
	Rooted bool         // the name was typed with a final dot: no search list applies
	Ranges []Range      // in ascending order, none for a name
	Ports  []uint16     // ascending, each once; none: each check's own ports
	Prefix netip.Prefix // of a block, as it was typed, bits of the host part too; else invalid
}

// ParseError says what is wrong with one TARGET, and where in it.
type ParseError struct {
	Text   string // what was typed; of a URL, the part without path and user
	Column int    // from 1, in characters
	Reason string
}

func (e *ParseError) Error() string { return fmt.Sprintf("%q: %s", e.Text, e.Reason) }

// badAt is a ParseError whose place is still a byte offset into the piece being read.
type badAt struct {
	offset int
	reason string
}

func (e *badAt) Error() string { return e.reason }

func bad(offset int, format string, args ...any) error {
	return &badAt{offset, fmt.Sprintf(format, args...)}
}

// shifted moves the place of an error that was found in a piece starting at offset.
func shifted(err error, offset int) error {
	if b, ok := err.(*badAt); ok {
		return &badAt{b.offset + offset, b.reason}
	}
	return bad(offset, "%s", err.Error())
}

// maxTarget is longer than any TARGET worth reading: the longest name is 253
// characters, and a list of ports is typed by hand.
const maxTarget = 4096

// Parse reads one TARGET. On error (always a *ParseError) the Form is zero.
func Parse(text string) (Form, error) {
	if len(text) > maxTarget {
		return Form{}, &ParseError{Text: strings.ToValidUTF8(text[:32], "?") + "…", Column: 1,
			Reason: fmt.Sprintf("a target of %d bytes, the longest allowed is %d", len(text), maxTarget)}
	}
	if shown, reason := refuseURL(text); reason != "" {
		return Form{}, &ParseError{Text: shown, Column: 1, Reason: reason}
	}
	form, err := parse(text)
	if err != nil {
		at := shifted(err, 0).(*badAt)
		column := utf8.RuneCountInString(text[:min(at.offset, len(text))]) + 1
		return Form{}, &ParseError{Text: text, Column: column, Reason: at.reason}
	}
	return form, nil
}

func parse(text string) (Form, error) {
	switch text {
	case "":
		return Form{}, bad(0, "an empty target")
	case "-":
		return Form{}, bad(0, "no target; standard input is read with -f -")
	}
	for i, r := range text {
		if r == ' ' {
			return Form{}, bad(i, "a space inside a target; several targets are several arguments")
		}
		if r <= ' ' || r == 0x7f || r == utf8.RuneError {
			return Form{}, bad(i, "a control character inside a target")
		}
	}
	host, hostAt, ports, portsAt, err := splitPorts(text)
	if err != nil {
		return Form{}, err
	}
	form, err := parseHost(host, hostAt == 1)
	if err != nil {
		return Form{}, shifted(err, hostAt)
	}
	if len(form.Ranges) == 1 && form.Ranges[0].First == form.Ranges[0].Last && form.Ranges[0].First.IsUnspecified() {
		return Form{}, bad(hostAt, "%s is no host's address", host)
	}
	if portsAt > 0 {
		if form.Ports, err = parsePorts(ports); err != nil {
			return Form{}, shifted(err, portsAt)
		}
	}
	return form, nil
}

// splitPorts cuts `host:ports`. More than one colon outside brackets is IPv6 without
// a port, because `2001:db8::5:445` is an address in its own right. portsAt is 0
// where there are none.
func splitPorts(text string) (host string, hostAt int, ports string, portsAt int, err error) {
	if text[0] == '[' {
		end := strings.IndexByte(text, ']')
		if end < 0 {
			return "", 0, "", 0, bad(0, "no ] to close the [")
		}
		switch rest := text[end+1:]; {
		case rest == "":
			return text[1:end], 1, "", 0, nil
		case rest[0] == ':':
			return text[1:end], 1, rest[1:], end + 2, nil
		default:
			return "", 0, "", 0, bad(end+1, "after ] only a colon and ports may follow")
		}
	}
	if strings.Count(text, ":") == 1 {
		i := strings.IndexByte(text, ':')
		return text[:i], 0, text[i+1:], i + 1, nil
	}
	return text, 0, "", 0, nil
}

func parseHost(s string, bracketed bool) (Form, error) {
	switch {
	case s == "":
		return Form{}, bad(0, "no address or name")
	case strings.IndexByte(s, '%') >= 0:
		return Form{}, bad(strings.IndexByte(s, '%'),
			"an IPv6 zone (%s) is not supported; give an address that is routed without one", s[strings.IndexByte(s, '%'):])
	case bracketed && strings.IndexByte(s, ':') < 0:
		return Form{}, bad(0, "brackets are for IPv6 only")
	case strings.IndexByte(s, '/') >= 0:
		return parseCIDR(s)
	case strings.IndexByte(s, ':') >= 0:
		return one(parse6(s))
	case strings.Trim(s, "0123456789.-,*") == "":
		return parse4(s)
	}
	return parseName(s)
}

func one(r Range, err error) (Form, error) {
	if err != nil {
		return Form{}, err
	}
	return Form{Ranges: []Range{r}}, nil
}

func parseCIDR(s string) (Form, error) {
	slash := strings.IndexByte(s, '/')
	length := s[slash+1:]
	addr, err := netip.ParseAddr(s[:slash])
	if err != nil {
		if strings.Trim(s[:slash], "0123456789.-,*") != "" && strings.IndexByte(s, ':') < 0 {
			return Form{}, bad(slash, "a name takes neither a prefix length nor a path; give the name, or name:port")
		}
		advice := ""
		if full, err := netip.ParseAddr(s[:slash] + strings.Repeat(".0", max(0, 3-strings.Count(s[:slash], ".")))); err == nil && full.Is4() {
			advice = "; write it in full: " + full.String() + "/" + length
		}
		return Form{}, bad(0, "%q is not an address, so it takes no prefix length%s", s[:slash], advice)
	}
	if colon := strings.IndexByte(length, ':'); colon >= 0 {
		return Form{}, bad(slash+1+colon, "for ports of an IPv6 block write [%s]:port", s[:slash+1+colon])
	}
	n, ok := decimal(length, 128)
	if bits, is := netmask(length); is && addr.Is4() {
		return Form{}, bad(slash+1, "a block is given by the length of its prefix, not by a mask: write %s/%d", addr, bits)
	}
	if !ok || n > addr.BitLen() {
		return Form{}, bad(slash+1, "the prefix length %q is not a number from 0 to %d", length, addr.BitLen())
	}
	if addr.Is4In6() && n >= 96 {
		addr, n = addr.Unmap(), n-96
	}
	p := netip.PrefixFrom(addr, n)
	return Form{Ranges: []Range{blockOf(p)}, Prefix: p}, nil
}

// netmask is the length of the prefix that a mask like 255.255.255.0 stands for.
func netmask(text string) (bits int, ok bool) {
	mask, err := netip.ParseAddr(text)
	if err != nil || !mask.Is4() {
		return 0, false
	}
	b := mask.As4()
	m := binary.BigEndian.Uint32(b[:])
	bits = mathbits.LeadingZeros32(^m)
	return bits, m<<bits == 0
}

// blockOf is the whole block, first and last address included; bits of the host part are ignored.
func blockOf(p netip.Prefix) Range {
	p = p.Masked()
	if p.Addr().Is4() {
		b := p.Addr().As4()
		fill(b[:], p.Bits())
		return Range{p.Addr(), netip.AddrFrom4(b)}
	}
	b := p.Addr().As16()
	fill(b[:], p.Bits())
	return Range{p.Addr(), netip.AddrFrom16(b)}
}

func fill(b []byte, from int) {
	for i := from; i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
}

func parse6(s string) (Range, error) {
	left, right, isRange := strings.Cut(s, "-")
	first, err := netip.ParseAddr(left)
	if err != nil {
		return Range{}, bad(0, "%q is not an IPv6 address (ports of one: [address]:port)", left)
	}
	if !isRange {
		return Range{first.Unmap(), first.Unmap()}, nil
	}
	last, err := netip.ParseAddr(right)
	if err != nil {
		return Range{}, bad(len(left)+1, "%q is not an IPv6 address (a range gives both ends in full)", right)
	}
	return newRange(first, last)
}

// decimal reads a number without sign or leading zero, at most limit.
func decimal(s string, limit int) (int, bool) {
	if s == "" || len(s) > 6 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n <= limit
}

// refuseURL names the target that a URL, or the path of a share, should have been. Of a URL with an @ nothing but the
// scheme is repeated: what stands before the @ may be a password.
func refuseURL(text string) (shown, reason string) {
	if unc, share := strings.CutPrefix(text, `\\`); share {
		host, _, _ := strings.Cut(unc, `\`)
		return text, "a share is not a target; give its host instead, here " + host
	}
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return "", ""
	}
	const advice = "a URL is not a target; give host:port instead"
	if strings.Contains(text, "@") {
		return "URL", advice
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	shown = scheme + "://" + rest
	if _, err := parse(rest); err != nil {
		return shown, advice
	}
	if _, _, _, portsAt, _ := splitPorts(rest); portsAt == 0 {
		rest += usualPort(strings.ToLower(scheme))
	}
	return shown, advice + ", here " + rest
}

func usualPort(scheme string) string {
	switch scheme {
	case "http":
		return ":80"
	case "https":
		return ":443"
	case "smb":
		return ":445"
	case "ldap":
		return ":389"
	case "ldaps":
		return ":636"
	}
	return ""
}
