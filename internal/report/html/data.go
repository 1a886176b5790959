package html

import (
	"encoding/json"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
)

// pageData is what the script of the page reads. Lists stand for objects and numbers for texts, so that ten thousand
// hosts fit.
type pageData struct {
	Texts []string          `json:"texts"`
	Hosts []json.RawMessage `json:"hosts"`
	Rank  []int             `json:"rank"` // of hosts[i] among addresses
	Fixes map[string]string `json:"fixes"`
}

// dictionary numbers texts; number 0 is the empty one.
type dictionary struct {
	number map[string]int
	texts  []string
	size   int // bytes that the texts take on the page
}

// of is the number of a text.
func (d *dictionary) of(s string) int {
	if n, ok := d.number[s]; ok {
		return n
	}
	n := len(d.texts)
	d.number[s], d.texts = n, append(d.texts, s)
	d.size += len(s) + 3
	return n
}

func (d *dictionary) list(list []string) []int {
	out := make([]int, len(list))
	for i, s := range list {
		out[i] = d.of(s)
	}
	return out
}

// encode makes JSON of hosts until it has so many bytes, and returns how many hosts it took. Evidence goes first where room is
// short.
func encode(hosts []*host, room int, rules *report.Rulebook) (js []byte, taken int, err error) {
	d := &dictionary{number: map[string]int{}}
	d.of("")
	out := pageData{Hosts: []json.RawMessage{}, Rank: []int{}, Fixes: map[string]string{}}
	used, evidence := 0, room/proofShare
	for _, h := range hosts {
		row := []any{h.addr.String(), d.of(h.name), d.of(h.os), d.of(h.domain), d.list(h.roles), nil, int(h.verdict()), int(h.severity())}
		ends := make([]any, len(h.ends))
		for i := range h.ends {
			e := &h.ends[i]
			var trace []any
			for _, x := range e.trace {
				if evidence -= len(x.sent) + len(x.received); evidence > 0 {
					trace = append(trace, []any{d.of(x.note), x.sent, x.received})
				}
			}
			udp := 0
			if e.transport == signet.UDP {
				udp = 1
			}
			accepted := 0
			if e.accepted {
				accepted = 1
			}
			findings := make([]any, len(e.findings))
			for j := range e.findings {
				f := &e.findings[j]
				findings[j] = []any{d.of(f.rule), int(f.severity), d.of(f.where), d.list(f.because)}
				out.Fixes[f.rule] = strings.ReplaceAll(rules.Fix(f.rule), "*", "")
			}
			end := []any{int(e.port), udp, d.of(e.check), d.of(e.outcome.String()), int(e.verdict), d.list(e.because), findings, d.list(e.unasked), d.of(e.failure), trace, accepted}
			ends[i] = trimmed(end)
		}
		row[5] = ends
		b, err := json.Marshal(row)
		if err != nil {
			return nil, 0, err
		}
		if used += len(b) + 8; used+d.size > room {
			break
		}
		out.Hosts = append(out.Hosts, b)
	}
	taken = len(out.Hosts)
	out.Texts = d.texts
	byAddress := make([]int, taken)
	for i := range byAddress {
		byAddress[i] = i
	}
	slices.SortFunc(byAddress, func(a, b int) int { return hosts[a].addr.Compare(hosts[b].addr) })
	out.Rank = make([]int, taken)
	for rank, i := range byAddress {
		out.Rank[i] = rank
	}
	js, err = json.Marshal(out) // < > & and U+2028 are escaped: it stands inside a script element
	return js, taken, err
}

// trimmed leaves out what is empty at the end of a list: the reader takes what is absent for empty.
func trimmed(list []any) []any {
	for len(list) > 5 {
		switch v := list[len(list)-1].(type) {
		case []int:
			if len(v) > 0 {
				return list
			}
		case []any:
			if len(v) > 0 {
				return list
			}
		case int:
			if v != 0 {
				return list
			}
		}
		list = list[:len(list)-1]
	}
	return list
}
