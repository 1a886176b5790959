package prose

import (
	"signet"
)

// style colours text by escape sequences (ECMA-48 SGR), or leaves it as it is.
type style bool

func (s style) paint(code, words string) string {
	if !s || words == "" {
		return words
	}
	return "\x1b[" + code + "m" + words + "\x1b[0m"
}

func (s style) bold(words string) string  { return s.paint("1", words) }
func (s style) faint(words string) string { return s.paint("2", words) }

func (s style) severity(v signet.Severity) string {
	code := "36"
	switch v {
	case signet.Critical:
		code = "1;37;41"
	case signet.High:
		code = "1;31"
	case signet.Medium:
		code = "33"
	case signet.Low:
		code = "34"
	}
	return s.paint(code, v.String())
}

func (s style) verdict(v signet.Verdict, words string) string {
	switch v {
	case signet.Exposed:
		return s.paint("1;31", words)
	case signet.Guarded:
		return s.paint("32", words)
	case signet.Unseen:
		return s.paint("36", words)
	}
	return s.paint("33", words)
}
