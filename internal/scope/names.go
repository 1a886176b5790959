package scope

import "strings"

// parseName reads a host name: letters, digits, dashes and underscores in labels of at
// most 63 and 253 in all (RFC 1123 §2.1, with the underscore that Windows names have).
func parseName(s string) (Form, error) {
	name, rooted := strings.CutSuffix(s, ".")
	if len(name) > 253 {
		return Form{}, bad(0, "a host name of %d characters, where 253 is the longest allowed", len(name))
	}
	at, last := 0, ""
	for label := range strings.SplitSeq(name, ".") {
		if err := checkLabel(label); err != nil {
			return Form{}, shifted(err, at)
		}
		at, last = at+len(label)+1, label
	}
	if strings.Trim(last, "0123456789") == "" {
		return Form{}, bad(len(name)-len(last), "neither an address nor a name: a host name does not end in a number")
	}
	return Form{Name: strings.ToLower(name), Rooted: rooted}, nil
}

func checkLabel(label string) error {
	if label == "" {
		return bad(0, "an empty label in a host name")
	}
	if len(label) > 63 {
		return bad(0, "a label of %d characters in a host name, the longest allowed is 63", len(label))
	}
	for i, r := range label {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
		case r == '-' && i > 0 && i < len(label)-1:
		case r == '-':
			return bad(i, "a label of a host name neither begins nor ends with a dash")
		case r > 0x7f:
			return bad(i, "%q in a host name: give an international name in its xn-- form", r)
		default:
			return bad(i, "%q cannot be part of an address or host name", r)
		}
	}
	return nil
}
