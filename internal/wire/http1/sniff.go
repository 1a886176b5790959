package http1

import "bytes"

// Sniff names the protocol that a first answer belongs to when it is not HTTP/1, from at least its first bytes;
// "" where they tell nothing. The name is for people, in an error; only IsTLS decides anything.
func Sniff(b []byte) string {
	for _, s := range []struct{ prefix, name string }{
		{"SSH-", "SSH"},
		{"RTSP/", "RTSP"},
		{"ICY ", "a media stream"},
		{"\xfeSMB", "SMB"},
		{"\xffSMB", "SMB"},
		{"RFB ", "VNC"},
		{"+OK", "POP3"},
		{"* OK", "IMAP"},
		{"220 ", "SMTP or FTP"},
		{"220-", "SMTP or FTP"},
		{"\x03\x00\x00", "RDP"},
	} {
		if bytes.HasPrefix(b, []byte(s.prefix)) {
			return s.name
		}
	}
	switch {
	case IsTLS(b):
		return "TLS"
	case len(b) >= 9 && b[0] == 0 && b[3] == 4 && bytes.Equal(b[5:9], []byte{0, 0, 0, 0}):
		return "HTTP/2" // a SETTINGS frame on stream 0 opens every connection (RFC 9113 §3.4)
	case len(b) >= 8 && b[0] == 0 && (string(b[4:8]) == "\xfeSMB" || string(b[4:8]) == "\xffSMB"):
		return "SMB"
	case bytes.HasPrefix(b, []byte("<")):
		return "a page without a status line" // HTTP/0.9, or an appliance that forgot its head
	}
	return ""
}

// IsTLS says that b starts with a TLS record of type alert or handshake (RFC 8446 §5.1): what a TLS server sends
// when it is spoken to in plain text. Five bytes are needed; a version of SSL 3.0 to TLS 1.3 and a length within the
// bound of RFC 5246 §6.2.3 are required.
func IsTLS(b []byte) bool {
	const maxRecord = 1<<14 + 2048
	if len(b) < 5 || b[0] != 0x15 && b[0] != 0x16 || b[1] != 3 || b[2] > 4 {
		return false
	}
	n := int(b[3])<<8 | int(b[4])
	return n > 0 && n <= maxRecord && (b[0] == 0x16 || n == 2 || n > 2 && n <= 256)
}
