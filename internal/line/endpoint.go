package line

import (
	"encoding/hex"
	"strconv"

	"signet"
	"signet/internal/text"
	"time"
)

// Judged is what an endpoint line of a report says besides the observation.
type Judged struct {
	*signet.Judgement
	// Disagreements are sentences on what other sources say of the endpoint, where that is something else.
	Disagreements []string
	// Trace writes the transcript.
	Trace bool
}

// AppendEndpoint appends an endpoint line of a report. It allocates nothing.
func AppendEndpoint(b []byte, run string, o *signet.Observation, j *Judged) []byte {
	b = appendText(b, `{"kind":"endpoint","run":`, run)
	b = appendTime(b, `,"at":`, o.At)
	b = appendPlace(b, o)
	b = appendWord(b, `,"outcome":`, o.Outcome.String())
	b = appendWord(b, `,"verdict":`, j.Verdict.String())
	b = appendStrings(b, `,"because":`, j.Because)
	b = append(b, `,"facts":`...)
	if o.Facts != nil {
		b = AppendFacts(b, o.Facts)
	} else {
		b = append(b, "{}"...)
	}
	b = append(b, `,"findings":[`...)
	for i := range j.Findings {
		f := &j.Findings[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, `{"rule":`, f.Rule)
		b = appendWord(b, `,"severity":`, f.Severity.String())
		b = appendText(b, `,"title":`, f.Title)
		b = appendStrings(b, `,"because":`, f.Because)
		b = append(appendText(b, `,"where":`, f.Where), '}')
	}
	b = append(b, ']')
	if len(o.Unasked) > 0 {
		b = appendStrings(b, `,"unasked":`, o.Unasked)
	}
	if o.Source != "" {
		b = appendText(b, `,"source":`, o.Source)
	}
	if len(j.Disagreements) > 0 {
		b = appendStrings(b, `,"disagreements":`, j.Disagreements)
	}
	b = appendFailure(b, o.Err)
	if o.Connections > 0 {
		b = strconv.AppendInt(append(b, `,"connections":`...), int64(o.Connections), 10)
	}
	b = appendTook(b, o.Took)
	if j.Trace {
		b = appendTrace(b, o.Trace)
	}
	return append(b, '}')
}

// AppendObservation appends an endpoint line of an export: all that a store keeps of an observation, and no judgement. Its time
// is exact where that of a report is rounded down to the millisecond.
func AppendObservation(b []byte, run string, o *signet.Observation) []byte {
	b = appendText(b, `{"kind":"endpoint","run":`, run)
	b = append(o.At.UTC().AppendFormat(append(b, `,"at":"`...), time.RFC3339Nano), '"')
	b = appendPlace(b, o)
	b = strconv.AppendInt(append(b, `,"check_version":`...), int64(o.CheckVersion), 10)
	b = appendWord(b, `,"outcome":`, o.Outcome.String())
	b = appendBool(b, `,"open":`, o.Open)
	if o.Facts != nil {
		b = AppendFacts(append(b, `,"facts":`...), o.Facts)
	}
	if len(o.Unasked) > 0 {
		b = appendStrings(b, `,"unasked":`, o.Unasked)
	}
	b = appendFailure(b, o.Err)
	if o.Source != "" {
		b = appendText(b, `,"source":`, o.Source)
	}
	if o.Connections > 0 {
		b = strconv.AppendInt(append(b, `,"connections":`...), int64(o.Connections), 10)
	}
	return append(appendTrace(appendTook(b, o.Took), o.Trace), '}')
}

// appendPlace appends which endpoint was asked, and by which check.
func appendPlace(b []byte, o *signet.Observation) []byte {
	b = appendAddr(b, `,"address":`, o.Addr)
	b = appendCount(b, `,"port":`, uint64(o.Port))
	b = appendWord(b, `,"transport":`, o.Transport.String())
	if o.Name != "" {
		b = appendText(b, `,"name":`, o.Name)
	}
	return appendText(b, `,"check":`, o.Check)
}

func appendFailure(b []byte, f *signet.Failure) []byte {
	if f == nil {
		return b
	}
	b = appendText(b, `,"error":{"phase":`, f.Phase)
	return append(appendText(b, `,"text":`, f.Text), '}')
}

func appendTrace(b []byte, trace []signet.Exchange) []byte {
	if len(trace) == 0 {
		return b
	}
	b = append(b, `,"trace":[`...)
	for i := range trace {
		x := &trace[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = text.AppendJSONString(append(b, `{"note":`...), x.Note)
		b = hex.AppendEncode(append(b, `,"sent":"`...), x.Sent)
		b = hex.AppendEncode(append(b, `","received":"`...), x.Received)
		b = append(b, `"}`...)
	}
	return append(b, ']')
}
