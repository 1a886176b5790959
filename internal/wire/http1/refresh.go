package http1

import (
	"html"
	"strings"
)

// Refresh is where a page sends a browser on by itself: the URL of its Refresh field, or of the first
// <meta http-equiv=refresh> in what was kept of its body (HTML Standard §4.2.5.3); "" where it sends nobody on.
func Refresh(r *Response) string {
	if url := refreshURL(r.Header.Get("Refresh")); url != "" {
		return url
	}
	return metaRefresh(string(r.Body))
}

// metaRefresh reads tags, not scripts or text: what stands in a comment sends nobody on.
func metaRefresh(page string) string {
	lower := asciiLower(page)
	for at := 0; ; {
		i := strings.IndexByte(lower[at:], '<')
		if i < 0 {
			return ""
		}
		at += i
		if strings.HasPrefix(lower[at:], "<!--") {
			end := strings.Index(lower[at:], "-->")
			if end < 0 {
				return ""
			}
			at += end
			continue
		}
		if !strings.HasPrefix(lower[at:], "<meta") {
			at++
			continue
		}
		at += len("<meta")
		equiv, content, rest := metaAttributes(page[at:])
		at = len(page) - len(rest)
		if strings.EqualFold(strings.TrimSpace(equiv), "refresh") {
			if url := refreshURL(html.UnescapeString(content)); url != "" {
				return url
			}
		}
	}
}

// metaAttributes reads a tag's attributes up to its end: name, name=value, name="value" or name='value', in any order.
func metaAttributes(s string) (equiv, content, rest string) {
	for {
		s = strings.TrimLeft(s, " \t\r\n\f/")
		if s == "" || s[0] == '>' {
			return equiv, content, s
		}
		end := strings.IndexAny(s, " \t\r\n\f/>=")
		if end < 0 {
			return equiv, content, ""
		}
		if end == 0 {
			s = s[1:] // a lone "="
			continue
		}
		name, value := s[:end], ""
		s = strings.TrimLeft(s[end:], " \t\r\n\f")
		if strings.HasPrefix(s, "=") {
			value, s = attributeValue(strings.TrimLeft(s[1:], " \t\r\n\f"))
		}
		switch {
		case strings.EqualFold(name, "http-equiv"):
			equiv = value
		case strings.EqualFold(name, "content"):
			content = value
		}
	}
}

func attributeValue(s string) (value, rest string) {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		value, rest, _ = strings.Cut(s[1:], s[:1])
		return value, rest
	}
	end := strings.IndexAny(s, " \t\r\n\f>")
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

// refreshURL is the URL of "5; url=/a": the time, a separator, perhaps "url=", perhaps quotes.
func refreshURL(s string) string {
	s = strings.TrimSpace(s)
	rest := strings.TrimLeft(s, "0123456789.")
	if rest == s {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t\r\n\f;,")
	if len(rest) >= 3 && strings.EqualFold(rest[:3], "url") {
		if after := strings.TrimLeft(rest[3:], " \t\r\n\f"); strings.HasPrefix(after, "=") {
			rest = strings.TrimLeft(after[1:], " \t\r\n\f")
		}
	}
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		rest, _, _ = strings.Cut(rest[1:], rest[:1])
	}
	return strings.TrimSpace(rest)
}

// asciiLower keeps lengths, which strings.ToLower does not for every letter.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Cookies adds to a Cookie value what a response sets (RFC 6265 §5.2, names and values alone): a later one of a name
// takes the place of an earlier one, and Max-Age=0 or an empty value takes it away. No more than most bytes are kept.
func Cookies(before string, r *Response, most int) string {
	var list []string
	if before != "" {
		list = strings.Split(before, "; ")
	}
	for _, line := range r.Header.Values("Set-Cookie") {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, ok := strings.Cut(pair, "=")
		name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
		if !ok || name == "" || !isToken(name) || !isFieldValue(value) {
			continue
		}
		kept := list[:0]
		for _, c := range list {
			if had, _, _ := strings.Cut(c, "="); had != name {
				kept = append(kept, c)
			}
		}
		list = kept
		if gone := strings.ReplaceAll(asciiLower(attributes), " ", ""); value != "" && !strings.Contains(";"+gone+";", ";max-age=0;") {
			list = append(list, name+"="+value)
		}
	}
	out := strings.Join(list, "; ")
	if len(out) > most {
		return before
	}
	return out
}
