package report

import (
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// JSONL writes the stream as JSON lines in the schema of contract.md. Lines are appended by hand into one buffer:
// at fifteen thousand endpoints a second reflection would cost as much as the asking.
type JSONL struct {
	Ignore
	w   io.Writer
	h   Header
	buf []byte
}

// NewJSONL writes to w, one Write a line.
func NewJSONL(w io.Writer) *JSONL { return &JSONL{w: w} }

// Begin writes the run line.
func (j *JSONL) Begin(h *Header) error {
	j.h = *h
	b := append(j.buf[:0], `{"kind":"run","schema":"`+Schema+`","run":`...)
	b = text.AppendJSONString(b, h.Run)
	b = append(b, `,"tool":`...)
	b = text.AppendJSONString(b, h.Tool)
	b = append(b, `,"started":"`...)
	b = appendTime(b, h.Started)
	b = append(b, `","targets":`...)
	b = appendStrings(b, h.Targets)
	b = append(b, `,"checks":`...)
	b = appendStrings(b, h.Checks)
	b = append(b, `,"depth":"`...)
	b = append(b, h.Depth.String()...)
	b = append(b, `","policy":`...)
	b = text.AppendJSONString(b, h.Policy)
	if len(h.Warnings) > 0 {
		b = append(b, `,"warnings":`...)
		b = appendStrings(b, h.Warnings)
	}
	return j.line(b)
}

// Endpoint writes an endpoint line.
func (j *JSONL) Endpoint(l *Line) error { return j.line(AppendEndpoint(j.buf[:0], &j.h, l)) }

// AppendEndpoint appends the endpoint object without its closing brace.
func AppendEndpoint(b []byte, h *Header, l *Line) []byte {
	b = append(b, `{"kind":"endpoint","run":`...)
	b = text.AppendJSONString(b, h.Run)
	b = append(b, `,"at":"`...)
	b = appendTime(b, l.At)
	b = append(b, `","address":"`...)
	b = l.Addr.AppendTo(b)
	b = append(b, `","port":`...)
	b = strconv.AppendUint(b, uint64(l.Port), 10)
	b = append(b, `,"transport":"`...)
	b = append(b, l.Transport.String()...)
	b = append(b, '"')
	if l.Name != "" {
		b = append(b, `,"name":`...)
		b = text.AppendJSONString(b, l.Name)
	}
	b = append(b, `,"check":`...)
	b = text.AppendJSONString(b, l.Check)
	b = append(b, `,"outcome":"`...)
	b = append(b, l.Outcome.String()...)
	b = append(b, `","verdict":"`...)
	b = append(b, l.Verdict.String()...)
	b = append(b, `","because":`...)
	b = appendStrings(b, l.Because)
	b = append(b, `,"facts":`...)
	if l.Facts != nil {
		b = check.AppendFacts(b, l.Facts)
	} else {
		b = append(b, "{}"...)
	}
	b = append(b, `,"findings":[`...)
	for i := range l.Judgement.Findings {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendFinding(b, &l.Judgement.Findings[i])
	}
	b = append(b, ']')
	if len(l.Unasked) > 0 {
		b = append(b, `,"unasked":`...)
		b = appendStrings(b, l.Unasked)
	}
	if l.Source != "" {
		b = append(b, `,"source":`...)
		b = text.AppendJSONString(b, l.Source)
	}
	if len(l.Disagreements) > 0 {
		b = append(b, `,"disagreements":`...)
		b = appendStrings(b, l.Disagreements)
	}
	if l.Err != nil {
		b = append(b, `,"error":{"phase":`...)
		b = text.AppendJSONString(b, l.Err.Phase)
		b = append(b, `,"text":`...)
		b = text.AppendJSONString(b, l.Err.Text)
		b = append(b, '}')
	}
	if l.Connections > 0 {
		b = append(b, `,"connections":`...)
		b = strconv.AppendInt(b, int64(l.Connections), 10)
	}
	b = append(b, `,"took_ms":`...)
	b = strconv.AppendFloat(b, float64(l.Took.Microseconds())/1000, 'f', -1, 64)
	if h.Trace && len(l.Trace) > 0 {
		b = append(b, `,"trace":[`...)
		for i, x := range l.Trace {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"note":`...)
			b = text.AppendJSONString(b, x.Note)
			b = append(b, `,"sent":"`...)
			b = hex.AppendEncode(b, x.Sent)
			b = append(b, `","received":"`...)
			b = hex.AppendEncode(b, x.Received)
			b = append(b, `"}`...)
		}
		b = append(b, ']')
	}
	return b
}

func appendFinding(b []byte, f *signet.Finding) []byte {
	b = append(b, `{"rule":`...)
	b = text.AppendJSONString(b, f.Rule)
	b = append(b, `,"severity":"`...)
	b = append(b, f.Severity.String()...)
	b = append(b, `","title":`...)
	b = text.AppendJSONString(b, f.Title)
	b = append(b, `,"because":`...)
	b = appendStrings(b, f.Because)
	b = append(b, `,"where":`...)
	b = text.AppendJSONString(b, f.Where)
	return append(b, '}')
}

// End writes the summary line.
func (j *JSONL) End(s *Summary) error {
	b := append(j.buf[:0], `{"kind":"summary","run":`...)
	b = text.AppendJSONString(b, j.h.Run)
	b = append(b, `,"ended":"`...)
	b = appendTime(b, s.Ended)
	b = append(b, '"')
	if s.Interrupted {
		b = append(b, `,"interrupted":true`...)
	}
	count := func(name string, n uint64) {
		b = append(b, '"')
		b = append(b, name...)
		b = append(b, `":`...)
		b = strconv.AppendUint(b, n, 10)
	}
	b = append(b, `,"coverage":{`...)
	count("addresses", s.Coverage.Addresses)
	b = append(b, ',')
	count("alive", s.Coverage.Alive)
	b = append(b, ',')
	count("endpoints_asked", s.Coverage.Asked)
	b = append(b, ',')
	count("undetermined", s.Coverage.Undetermined)
	for _, o := range signet.Outcomes() {
		b = append(b, ',')
		count(o.String(), s.Coverage.Outcomes[o])
	}
	b = append(b, `},"verdicts":{`...)
	for i, v := range []signet.Verdict{signet.Exposed, signet.Guarded, signet.Unseen, signet.Undetermined} {
		if i > 0 {
			b = append(b, ',')
		}
		count(v.String(), s.Verdicts[v])
	}
	b = append(b, `},"findings":{`...)
	for i, rule := range slices.Sorted(maps.Keys(s.Findings)) {
		if i > 0 {
			b = append(b, ',')
		}
		count(rule, s.Findings[rule])
	}
	b = append(b, '}')
	if len(s.Unasked) > 0 {
		b = append(b, `,"unasked":`...)
		b = appendStrings(b, s.Unasked)
	}
	return j.line(appendLost(b, &s.Lost))
}

// line closes the object and writes it.
func (j *JSONL) line(b []byte) error {
	b = append(b, '}', '\n')
	j.buf = b
	_, err := j.w.Write(b)
	return err
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = text.AppendJSONString(b, s)
	}
	return append(b, ']')
}

// appendTime appends what Format("2006-01-02T15:04:05.000Z07:00") gives in UTC, without reading a layout each time.
func appendTime(b []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
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
	return append(two(b, milli%100), 'Z')
}
