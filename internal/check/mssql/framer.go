package mssql

import "signet/internal/wire/tds"

// framer carries the TLS handshake inside PRELOGIN packets (MS-TDS 3.2.5.2). Once it is over, TLS records travel
// bare, with TDS packets inside them.
type framer struct {
	began, over bool
}

// Wrap puts a flight of TLS records into PRELOGIN packets.
func (f *framer) Wrap(dst, records []byte) []byte {
	if f.over {
		return append(dst, records...)
	}
	return tds.AppendWrapped(dst, records)
}

// Unwrap takes the TLS records out of the first packet of in.
func (f *framer) Unwrap(in []byte) (records []byte, consumed int, err error) {
	if f.over {
		return in, len(in), nil
	}
	records, consumed, err = tds.Unwrap(in, !f.began)
	f.began = f.began || consumed > 0
	return records, consumed, err
}

// Established ends the wrapping.
func (f *framer) Established() { f.over = true }
