package store

import (
	"bufio"
	"context"
	"encoding/hex"
	"io"
	"strconv"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// schema is the contract's.
const schema = "signet/1"

// exported is the first line of an export.
type exported struct {
	Kind   string `json:"kind"`
	Schema string `json:"schema"`
	*Run
}

// Export writes a run as JSON lines that Import reads: a `run` line, an `endpoint` line for each observation in the order
// of storing, a `summary` line. The lines have the contract's shape without judgements, which are no part of a store.
func Export(ctx context.Context, w io.Writer, s Store, run *Run) error {
	out := bufio.NewWriterSize(w, 64<<10)
	plain := *run
	plain.Imported = time.Time{} // which is of this store
	line := text.AppendJSON(nil, exported{"run", schema, &plain})
	if _, err := out.Write(append(line, '\n')); err != nil {
		return err
	}
	n := uint64(0)
	for o, err := range Observations(ctx, s, run, AsStored) {
		if err != nil {
			return err
		}
		line = append(appendEndpoint(line[:0], run.ID, o), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
		n++
	}
	line = append(line[:0], `{"kind":"summary","run":`...)
	line = text.AppendJSONString(line, run.ID)
	line = append(line, `,"observations":`...)
	line = append(strconv.AppendUint(line, n, 10), '}', '\n')
	if _, err := out.Write(line); err != nil {
		return err
	}
	return out.Flush()
}

func appendEndpoint(b []byte, run string, o *signet.Observation) []byte {
	b = append(b, `{"kind":"endpoint","run":`...)
	b = text.AppendJSONString(b, run)
	b = append(b, `,"at":"`...)
	b = o.At.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","address":"`...)
	b = o.Addr.AppendTo(b)
	b = append(b, `","port":`...)
	b = strconv.AppendUint(b, uint64(o.Port), 10)
	b = append(b, `,"transport":"`...)
	b = append(b, o.Transport.String()...)
	b = append(b, '"')
	if o.Name != "" {
		b = append(b, `,"name":`...)
		b = text.AppendJSONString(b, o.Name)
	}
	b = append(b, `,"check":`...)
	b = text.AppendJSONString(b, o.Check)
	b = append(b, `,"check_version":`...)
	b = strconv.AppendInt(b, int64(o.CheckVersion), 10)
	b = append(b, `,"outcome":"`...)
	b = append(b, o.Outcome.String()...)
	b = append(b, `","open":`...)
	b = strconv.AppendBool(b, o.Open)
	if o.Facts != nil {
		b = append(b, `,"facts":`...)
		b = check.AppendFacts(b, o.Facts)
	}
	if len(o.Unasked) > 0 {
		b = append(b, `,"unasked":[`...)
		for i, s := range o.Unasked {
			if i > 0 {
				b = append(b, ',')
			}
			b = text.AppendJSONString(b, s)
		}
		b = append(b, ']')
	}
	if o.Err != nil {
		b = append(b, `,"error":{"phase":`...)
		b = text.AppendJSONString(b, o.Err.Phase)
		b = append(b, `,"text":`...)
		b = text.AppendJSONString(b, o.Err.Text)
		b = append(b, '}')
	}
	if o.Source != "" {
		b = append(b, `,"source":`...)
		b = text.AppendJSONString(b, o.Source)
	}
	if o.Connections > 0 {
		b = append(b, `,"connections":`...)
		b = strconv.AppendInt(b, int64(o.Connections), 10)
	}
	b = append(b, `,"took_ms":`...)
	b = strconv.AppendFloat(b, float64(o.Took.Microseconds())/1000, 'f', -1, 64)
	if len(o.Trace) > 0 {
		b = append(b, `,"trace":[`...)
		for i := range o.Trace {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"note":`...)
			b = text.AppendJSONString(b, o.Trace[i].Note)
			b = append(b, `,"sent":"`...)
			b = hex.AppendEncode(b, o.Trace[i].Sent)
			b = append(b, `","received":"`...)
			b = hex.AppendEncode(b, o.Trace[i].Received)
			b = append(b, `"}`...)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}
