package mssql

import (
	"encoding/binary"

	"signet/internal/check"
	"signet/internal/wire/tds"
)

// browser is one datagram to the SQL Server Browser and its answer (MC-SQLR 3.1).
type browser struct {
	sent bool
	list []tds.Instance
}

// Next holds the exchange.
func (b *browser) Next(in []byte, eof bool) (check.Step, error) {
	if !b.sent {
		b.sent = true
		return check.Step{Send: tds.AppendBrowserRequest(nil)}, nil
	}
	const head = 3
	if len(in) < head {
		return check.Step{Need: head}, nil
	}
	if want := head + int(binary.LittleEndian.Uint16(in[1:])); in[0] == 5 && len(in) < want && !eof {
		return check.Step{Need: want}, nil
	}
	list, err := tds.ParseBrowserResponse(in)
	if err != nil {
		return check.Step{}, err
	}
	b.list = list
	return check.Step{Consumed: len(in), Done: true}, nil
}
