package bounds

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Repeated finds the first name that an object of some JSON has twice, and gives the way to it, as rules[2].owner; "" is none. One reader
// takes the first of them and another the last, so that what was checked need not be what is done. What lies deeper than Depth, or behind
// where the text stops being JSON, is not looked at: that is for the decoder to refuse.
func Repeated(text []byte) string {
	var open []level
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		if n := len(open); n > 0 && open[n-1].names != nil && !open[n-1].named && token != json.Delim('}') {
			at := &open[n-1]
			at.name, _ = token.(string)
			if at.named = true; at.names[at.name] {
				return way(open)
			}
			at.names[at.name] = true
			continue
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			fallthrough
		default:
			if n := len(open); n > 0 {
				open[n-1].named = false
				open[n-1].at++
			}
		}
		if len(open) > Depth {
			return ""
		}
	}
}

// level is an object or a list that is open.
type level struct {
	names map[string]bool // that were seen; nil: it is a list
	name  string
	named bool // what comes is the value of name
	at    int  // how many values came before
}

// way is how what is read stands in what is open.
func way(open []level) string {
	var s []byte
	for i := range open {
		switch l := &open[i]; {
		case l.names == nil:
			s = append(strconv.AppendInt(append(s, '['), int64(l.at), 10), ']')
		case len(s) > 0:
			s = append(append(s, '.'), l.name...)
		default:
			s = append(s, l.name...)
		}
	}
	return string(s)
}
