package scope

import (
	"slices"
	"strconv"
	"strings"
)

// parsePorts reads `80`, `80,443` or `8000-8010,445`: ascending, each once.
func parsePorts(s string) ([]uint16, error) {
	if s == "" {
		return nil, bad(0, "no port after the colon")
	}
	var ports []uint16
	at := 0
	for item := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(item, "-")
		if !isRange {
			high = low
		}
		first, ok := decimal(low, 65535)
		if !ok || first == 0 {
			return nil, bad(at, "port %q is not a number from 1 to 65535", low)
		}
		last, ok := decimal(high, 65535)
		if !ok {
			return nil, bad(at+len(item)-len(high), "port %q is not a number from 1 to 65535", high)
		}
		if last < first {
			return nil, bad(at, "the port range %s runs backwards", item)
		}
		for p := first; p <= last; p++ {
			ports = append(ports, uint16(p))
		}
		if len(ports) > 65535 {
			ports = sortedPorts(ports)
		}
		at += len(item) + 1
	}
	return sortedPorts(ports), nil
}

func sortedPorts(ports []uint16) []uint16 {
	slices.Sort(ports)
	return slices.Compact(ports)
}

// String writes the form as a TARGET that Parse reads back to the same, a block as its range; an octet
// pattern of several ranges is written as several, separated by spaces.
func (f Form) String() string {
	var ports []byte
	for i, p := range f.Ports {
		ports = append(ports, ":,"[min(i, 1)])
		ports = strconv.AppendUint(ports, uint64(p), 10)
	}
	if f.Name != "" {
		if f.Rooted {
			return f.Name + "." + string(ports)
		}
		return f.Name + string(ports)
	}
	var b strings.Builder
	for i, r := range f.Ranges {
		if i > 0 {
			b.WriteByte(' ')
		}
		if text := r.String(); r.First.Is6() && len(ports) > 0 {
			b.WriteString("[" + text + "]")
		} else {
			b.WriteString(text)
		}
		b.Write(ports)
	}
	return b.String()
}
