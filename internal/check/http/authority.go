package http

import (
	"html"
	"slices"
	"strings"

	"signet/internal/wire/http1"
)

// mostAuthorities bounds the names of CAs that answers give.
const mostAuthorities = 2

// knowsAuthority notes the name of the CA that an enrolment page bears: "Microsoft Active Directory Certificate
// Services -- NAME".
func (iv *interview) knowsAuthority(r *http1.Response) {
	if name := authority(string(r.Body)); name != "" && !slices.Contains(iv.enrolling, name) && len(iv.enrolling) < mostAuthorities {
		iv.enrolling = append(iv.enrolling, name)
	}
}

// authority reads that name: the text after the dashes up to the next tag.
func authority(page string) string {
	_, rest, ok := strings.Cut(page, "Certificate Services")
	for ok {
		text := rest
		if next := strings.Index(rest, "Certificate Services"); next >= 0 {
			text = rest[:next]
		}
		if name := afterDashes(text); name != "" {
			return name
		}
		_, rest, ok = strings.Cut(rest, "Certificate Services")
	}
	return ""
}

// afterDashes is the first piece of text behind "--", where nothing but tags and blanks stands before the dashes.
func afterDashes(s string) string {
	s, dashes := html.UnescapeString(s[:min(len(s), 1024)]), false
	for s != "" {
		piece := s
		if end := strings.IndexByte(s, '<'); end >= 0 {
			piece, s = s[:end], s[end:]
			if _, after, ok := strings.Cut(s, ">"); ok {
				s = after
			} else {
				s = ""
			}
		} else {
			s = ""
		}
		piece = strings.Join(strings.Fields(strings.ReplaceAll(piece, "\u00a0", " ")), " ")
		if !dashes {
			rest, ok := strings.CutPrefix(piece, "--")
			if !ok && piece != "" {
				return ""
			}
			dashes, piece = ok, strings.TrimSpace(rest)
		}
		if dashes && piece != "" {
			if len(piece) > 64 {
				return ""
			}
			return piece
		}
	}
	return ""
}

// caNames are the names of CAs to ask CES by: the user's, those of enrolment pages, those of certificates.
func (iv *interview) caNames() []string {
	var names []string
	for _, list := range [][]string{iv.subject.Options.CANames, iv.enrolling, iv.authorities} {
		for _, name := range list {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// certain says that the name of the CA is known, and not only guessed at by a certificate, or that CES showed itself.
func (iv *interview) certain() bool {
	return len(iv.subject.Options.CANames) > 0 || len(iv.enrolling) > 0 || slices.ContainsFunc(iv.pages, func(p *page) bool {
		return p.row.role == "adcs-ces" && p.resp != nil && !p.gone()
	})
}
