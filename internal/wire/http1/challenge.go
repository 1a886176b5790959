package http1

import "strings"

// Challenge is one challenge of RFC 9110 §11.6.1.
type Challenge struct {
	Scheme    string  // as offered: "NTLM", "Negotiate:Kerberos", "basic"
	Token     string  // token68, "" if none
	Params    []Param // auth-params in order, nil if none
	Malformed bool    // the grammar was broken inside this challenge; scheme and what came before the break hold
}

// Param is one auth-param, its value without quotes and escapes.
type Param struct{ Name, Value string }

// Is says whether the challenge is of that scheme, in any case and whatever stands after a colon: IIS writes a
// provider list such as `Negotiate:Kerberos` into the configuration, and that text may reach the wire [U].
func (c Challenge) Is(scheme string) bool {
	name, _, _ := strings.Cut(c.Scheme, ":")
	return strings.EqualFold(name, scheme)
}

// ParseChallenges reads the values of all WWW-Authenticate (or Proxy-Authenticate) lines of one response. Lines mean
// the same as one line joined by commas (RFC 9110 §5.3), yet a quote left open in one never swallows the next.
// It does not fail: what many devices send is not grammar (`Basic realm=My Router`), and a scheme missed
// would read as a scheme not offered. Text that is no challenge at all is passed over.
func ParseChallenges(lines []string) []Challenge {
	var list []Challenge
	for _, line := range lines {
		p := challengeParser{s: line, list: list}
		p.parse()
		list = p.list
	}
	return list
}

type challengeParser struct {
	s    string
	i    int
	list []Challenge
}

func (p *challengeParser) parse() {
	for {
		for p.i < len(p.s) && (isSpace(p.s[p.i]) || p.s[p.i] == ',') {
			p.i++
		}
		if p.i == len(p.s) {
			return
		}
		p.element()
	}
}

// element reads what stands between two commas: a parameter of the challenge before, or a new challenge with its
// token68 or first parameter.
func (p *challengeParser) element() {
	if p.param() {
		return
	}
	scheme := p.token(true)
	if scheme == "" {
		p.skipToComma()
		p.markMalformed()
		return
	}
	p.list = append(p.list, Challenge{Scheme: scheme})
	p.space()
	if p.atEnd() {
		return
	}
	if p.s[p.i-1] == ' ' || p.s[p.i-1] == '\t' {
		if p.token68() || p.param() {
			return
		}
	}
	p.skipToComma()
	p.markMalformed()
}

// param reads `name = value` for the last challenge; if there is no such thing here, nothing is consumed. A value
// without quotes that holds more than one word is taken up to the comma and marked.
func (p *challengeParser) param() bool {
	start := p.i
	name := p.token(false)
	p.space()
	if name == "" || len(p.list) == 0 || p.i == len(p.s) || p.s[p.i] != '=' {
		p.i = start
		return false
	}
	p.i++
	p.space()
	c := &p.list[len(p.list)-1]
	var value string
	if p.i < len(p.s) && p.s[p.i] == '"' {
		value = p.quoted(c)
	} else {
		from := p.i
		if p.token(false) == "" {
			c.Malformed = true
		}
		value = p.s[from:p.i]
	}
	from := p.i
	if p.space(); !p.atEnd() {
		c.Malformed = true
		p.skipToComma()
		value += p.s[from:p.i]
	}
	c.Params = append(c.Params, Param{name, strings.TrimRight(value, " \t")})
	if c.Token != "" {
		c.Malformed = true // token68 and parameters exclude each other
	}
	return true
}

// quoted reads a quoted-string (RFC 9110 §5.6.4), which may hold commas and the names of other schemes.
func (p *challengeParser) quoted(c *Challenge) string {
	var value []byte
	for p.i++; p.i < len(p.s); p.i++ {
		switch b := p.s[p.i]; {
		case b == '"':
			p.i++
			return string(value)
		case b == '\\' && p.i+1 < len(p.s):
			p.i++
			value = append(value, p.s[p.i])
		default:
			value = append(value, b)
		}
	}
	c.Malformed = true
	return string(value)
}

// token68 reads the server's token when it fills the element (RFC 9110 §11.2).
func (p *challengeParser) token68() bool {
	start := p.i
	for p.i < len(p.s) && isToken68Byte(p.s[p.i]) {
		p.i++
	}
	if p.i == start {
		return false
	}
	for p.i < len(p.s) && p.s[p.i] == '=' {
		p.i++
	}
	end := p.i
	if p.space(); !p.atEnd() {
		p.i = start
		return false
	}
	p.list[len(p.list)-1].Token = p.s[start:end]
	return true
}

// token reads a token, with colons if it may be a scheme.
func (p *challengeParser) token(colon bool) string {
	start := p.i
	for p.i < len(p.s) && (isTokenByte(p.s[p.i]) || colon && p.i > start && p.s[p.i] == ':') {
		p.i++
	}
	return p.s[start:p.i]
}

func (p *challengeParser) space() {
	for p.i < len(p.s) && isSpace(p.s[p.i]) {
		p.i++
	}
}

func (p *challengeParser) atEnd() bool { return p.i == len(p.s) || p.s[p.i] == ',' }

func (p *challengeParser) skipToComma() {
	for !p.atEnd() {
		p.i++
	}
}

func (p *challengeParser) markMalformed() {
	if len(p.list) > 0 {
		p.list[len(p.list)-1].Malformed = true
	}
}

// AppendChallenges writes challenges as one field value, every parameter quoted: the inverse of ParseChallenges for
// whatever that did not mark as malformed.
func AppendChallenges(dst []byte, list []Challenge) []byte {
	for i, c := range list {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, c.Scheme...)
		if c.Token != "" {
			dst = append(append(dst, ' '), c.Token...)
		}
		for j, param := range c.Params {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, ' '), param.Name...), `="`...)
			for k := 0; k < len(param.Value); k++ {
				if param.Value[k] == '"' || param.Value[k] == '\\' {
					dst = append(dst, '\\')
				}
				dst = append(dst, param.Value[k])
			}
			dst = append(dst, '"')
		}
	}
	return dst
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func isToken68Byte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~' || c == '+' || c == '/'
}
