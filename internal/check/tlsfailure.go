package check

import (
	"crypto/tls"
	"errors"
)

// Alerts of TLS (RFC 8446 §6, RFC 5246 §7.2) with which a server refuses a handshake.
const (
	AlertHandshakeFailure     = 40
	AlertBadCertificate       = 42
	AlertAccessDenied         = 49
	AlertProtocolVersion      = 70
	AlertInsufficientSecurity = 71
	AlertUnrecognizedName     = 112
	AlertCertificateRequired  = 116
	AlertNoApplication        = 120
)

// TLSAlert is the alert with which a handshake ended; ok is false where it ended in another way.
func TLSAlert(err error) (alert uint8, ok bool) {
	if err == nil {
		return 0, false
	}
	// crypto/tls keeps the type of a peer's alert to itself and spells it as its own AlertError.
	for e := err; e != nil; e = errors.Unwrap(e) {
		for code := range 256 {
			if e.Error() == tls.AlertError(code).Error() {
				return uint8(code), true
			}
		}
	}
	return 0, false
}

// NotTLS says that a handshake failed because what came back is no TLS record: nothing there speaks TLS.
func NotTLS(err error) bool {
	var header tls.RecordHeaderError
	return errors.As(err, &header)
}

// SpeaksTLS says that a handshake failed with something that only a TLS server says.
func SpeaksTLS(err error) bool {
	_, ok := TLSAlert(err)
	return ok
}

// TLSFailure words why a server refused a handshake, in a few words that fit behind "the TLS handshake failed: ".
func TLSFailure(err error) string {
	if errors.Is(err, ErrTLSClosed) {
		return "the server closed the connection during it"
	}
	alert, ok := TLSAlert(err)
	if !ok {
		if err == nil {
			return "no cause was given"
		}
		return err.Error()
	}
	switch alert {
	case AlertHandshakeFailure:
		return "no common cipher, as where a server takes DHE alone, or a client certificate is wanted (alert 40, handshake_failure)"
	case AlertBadCertificate, AlertCertificateRequired, AlertAccessDenied:
		return "the server wants a client certificate (" + tls.AlertError(alert).Error() + ")"
	case AlertProtocolVersion:
		return "the server takes no version from TLS 1.0 to 1.3 (alert 70, protocol_version)"
	case AlertInsufficientSecurity:
		return "no common cipher (alert 71, insufficient_security)"
	case AlertUnrecognizedName:
		return "the server wants the name of a site of its own (SNI) and got another or none (alert 112, unrecognized_name): scan the host name that its clients use"
	case AlertNoApplication:
		return "the server does not take HTTP/1.1 (alert 120, no_application_protocol)"
	}
	return err.Error()
}
