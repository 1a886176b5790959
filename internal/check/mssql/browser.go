package mssql

import (
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
	list, _, err := tds.ParseBrowserResponse(in) // a datagram comes whole or never
	if err != nil {
		return check.Step{}, err
	}
	b.list = list
	return check.Step{Consumed: len(in), Done: true}, nil
}
