package rdp

import "strconv"

// Protocol is a set of security protocols in a request, and one of them in an answer (MS-RDPBCGR 2.2.1.1.1,
// 2.2.1.2.1). Its zero value is plain RDP security.
type Protocol uint32

// Values of Protocol.
const (
	PlainRDP Protocol = 0
	TLS      Protocol = 0x01
	NLA      Protocol = 0x02 // CredSSP over TLS
	RDSTLS   Protocol = 0x04
	NLAEx    Protocol = 0x08 // NLA with an early authorization result
	AADAuth  Protocol = 0x10 // Entra ID
)

// String returns the field's name of a single protocol.
func (p Protocol) String() string {
	switch p {
	case PlainRDP:
		return "rdp"
	case TLS:
		return "tls"
	case NLA:
		return "nla"
	case RDSTLS:
		return "rdstls"
	case NLAEx:
		return "nla-ex"
	case AADAuth:
		return "aad"
	}
	return "0x" + strconv.FormatUint(uint64(p), 16)
}

// Failure is the code of RDP_NEG_FAILURE (MS-RDPBCGR 2.2.1.2.2).
type Failure uint32

// Values of Failure.
const (
	SSLRequired         Failure = 1 // TLS or NLA must be asked for
	SSLNotAllowed       Failure = 2 // plain RDP only
	SSLCertNotOnServer  Failure = 3
	InconsistentFlags   Failure = 4
	HybridRequired      Failure = 5 // NLA must be asked for
	SSLWithUserRequired Failure = 6
)

// String returns the name of f in MS-RDPBCGR.
func (f Failure) String() string {
	switch f {
	case SSLRequired:
		return "SSL_REQUIRED_BY_SERVER"
	case SSLNotAllowed:
		return "SSL_NOT_ALLOWED_BY_SERVER"
	case SSLCertNotOnServer:
		return "SSL_CERT_NOT_ON_SERVER"
	case InconsistentFlags:
		return "INCONSISTENT_FLAGS"
	case HybridRequired:
		return "HYBRID_REQUIRED_BY_SERVER"
	case SSLWithUserRequired:
		return "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"
	}
	return "failure " + strconv.FormatUint(uint64(f), 10)
}
