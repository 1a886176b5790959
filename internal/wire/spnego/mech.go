package spnego

import (
	"slices"

	"signet/internal/wire/ber"
)

// Object identifiers of mechanisms, in the dotted form in which the parsers give them.
const (
	OIDNTLM        = "1.3.6.1.4.1.311.2.2.10" // [MS-NLMP] §1.9
	OIDNegoEx      = "1.3.6.1.4.1.311.2.2.30" // [MS-SPNG] §1.9
	OIDKerberos    = "1.2.840.113554.1.2.2"   // RFC 4121
	OIDKerberosMS  = "1.2.840.48018.1.2.2"    // the same, mistyped by Windows 2000 and sent ever since ([MS-SPNG] §3.1.5.2)
	OIDKerberosU2U = "1.2.840.113554.1.2.2.3" // user to user
	oidSPNEGO      = "1.3.6.1.5.5.2"          // RFC 4178 §4.1
)

// dotted is ber.OIDString without an allocation for the identifiers above: a scan reads them from every server.
func dotted(content []byte) (string, error) {
	switch string(content) {
	case "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a":
		return OIDNTLM, nil
	case "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e":
		return OIDNegoEx, nil
	case "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02":
		return OIDKerberos, nil
	case "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02":
		return OIDKerberosMS, nil
	case "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03":
		return OIDKerberosU2U, nil
	case "\x2b\x06\x01\x05\x05\x02":
		return oidSPNEGO, nil
	}
	return ber.OIDString(content)
}

// Names of mechanisms as the results of Signet spell them.
const (
	NTLM        = "ntlm"
	Kerberos    = "kerberos"
	KerberosU2U = "kerberos-u2u"
	NegoEx      = "negoex"
)

// Name returns the name of the mechanism with that dotted object identifier, or nothing if it has none here.
func Name(oid string) string {
	switch oid {
	case OIDNTLM:
		return NTLM
	case OIDKerberos, OIDKerberosMS:
		return Kerberos
	case OIDKerberosU2U:
		return KerberosU2U
	case OIDNegoEx:
		return NegoEx
	}
	return ""
}

// Names returns the names of the mechanisms in oids in their order, each once. A mechanism without a name stands
// under its object identifier, so that nothing a server said is lost.
func Names(oids []string) []string {
	if len(oids) == 0 {
		return nil
	}
	names := make([]string, 0, len(oids))
	for _, oid := range oids {
		n := Name(oid)
		if n == "" {
			n = oid
		}
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}
