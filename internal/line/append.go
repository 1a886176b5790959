package line

import (
	"net/netip"
	"strconv"
	"time"

	"signet"
	"signet/internal/text"
)

// appendText appends a key as it is written, its comma and colon included, and a string.
func appendText(b []byte, key, s string) []byte {
	return text.AppendJSONString(append(b, key...), s)
}

// appendWord appends a key and a word of ours, which needs no escaping.
func appendWord(b []byte, key, word string) []byte {
	return append(append(append(append(b, key...), '"'), word...), '"')
}

func appendCount(b []byte, key string, n uint64) []byte {
	return strconv.AppendUint(append(b, key...), n, 10)
}

func appendBool(b []byte, key string, is bool) []byte {
	return strconv.AppendBool(append(b, key...), is)
}

func appendAddr(b []byte, key string, addr netip.Addr) []byte {
	return append(addr.AppendTo(append(append(b, key...), '"')), '"')
}

func appendStrings(b []byte, key string, list []string) []byte {
	b = append(append(b, key...), '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = text.AppendJSONString(b, s)
	}
	return append(b, ']')
}

// object begins the i-th object of a list with a key.
func object(i int, key string) string {
	if i > 0 {
		return ",{" + key
	}
	return "{" + key
}

// appendTime appends a time in quotes, in UTC and to the millisecond: what Format("2006-01-02T15:04:05.000Z07:00") gives,
// without reading a layout each time.
func appendTime(b []byte, key string, t time.Time) []byte {
	b = append(append(b, key...), '"')
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return append(t.AppendFormat(b, "2006-01-02T15:04:05.000Z07:00"), '"')
	}
	hour, minute, second := t.Clock()
	milli := t.Nanosecond() / 1e6
	two := func(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }
	b = two(two(b, year/100), year%100)
	b = two(append(b, '-'), int(month))
	b = two(append(b, '-'), day)
	b = two(append(b, 'T'), hour)
	b = two(append(b, ':'), minute)
	b = two(append(b, ':'), second)
	b = append(b, '.', byte('0'+milli/100))
	return append(two(b, milli%100), 'Z', '"')
}

// appendTook appends a duration in milliseconds, to the microsecond.
func appendTook(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(append(b, `,"took_ms":`...), float64(d.Microseconds())/1000, 'f', -1, 64)
}

// AppendFacts appends facts as a JSON object on one line. Those that came as JSON, from a store or another tool, are escaped
// as our own are.
func AppendFacts(b []byte, f signet.Facts) []byte {
	if raw, ok := f.(signet.RawFacts); ok {
		return text.AppendRawJSON(b, raw)
	}
	return f.AppendJSON(b)
}
