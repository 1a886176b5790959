package ldap

import "signet/internal/wire/ber"

// StartTLS is the request name of RFC 4511 §4.14.
const StartTLS = "1.3.6.1.4.1.1466.20037"

// Disconnection is the name of the unsolicited Notice of Disconnection (RFC 4511 §4.4.1), sent with message ID 0.
const Disconnection = "1.3.6.1.4.1.1466.20036"

// GSSSPNEGO is the SASL mechanism name under which AD takes SPNEGO and raw NTLMSSP tokens ([MS-ADTS] §5.1.1.1.2).
const GSSSPNEGO = "GSS-SPNEGO"

const (
	tagSimple       = 0x80 // AuthenticationChoice simple [0]
	tagSASL         = 0xa3 // AuthenticationChoice sasl [3]
	tagRequestName  = 0x80
	tagRequestValue = 0x81
	tagPresent      = 0x87 // Filter present [7]
)

// version is the LDAP version every bind of ours asks for.
const version = 3

// RootAttributes returns the rootDSE attributes a check asks for by name: who the server is, what it speaks, and
// how old it claims to be. Each call returns a fresh slice.
func RootAttributes() []string {
	return []string{
		"dnsHostName", "defaultNamingContext", "rootDomainNamingContext", "configurationNamingContext",
		"namingContexts", "serverName", "dsServiceName", "ldapServiceName", "supportedCapabilities",
		"supportedSASLMechanisms", "supportedExtension", "domainFunctionality", "forestFunctionality",
		"domainControllerFunctionality", "isGlobalCatalogReady", "isSynchronized", "currentTime", "vendorName",
		"vendorVersion",
	}
}

// AppendSearchRoot appends a base-object search of the empty DN (RFC 4512 §5.1) for the named attributes, with the
// filter (objectClass=*) and no limits.
func AppendSearchRoot(dst []byte, id int32, attributes ...string) []byte {
	b := ber.Append(nil, ber.OctetString, nil) // baseObject ""
	b = ber.AppendInt(b, ber.Enumerated, 0)    // scope baseObject
	b = ber.AppendInt(b, ber.Enumerated, 0)    // derefAliases never
	b = ber.AppendInt(b, ber.Integer, 0)       // sizeLimit
	b = ber.AppendInt(b, ber.Integer, 0)       // timeLimit
	b = ber.Append(b, ber.Boolean, []byte{0})  // typesOnly false
	b = ber.Append(b, tagPresent, []byte("objectClass"))
	var list []byte
	for _, a := range attributes {
		list = ber.Append(list, ber.OctetString, []byte(a))
	}
	b = ber.Append(b, ber.Sequence, list)
	return AppendMessage(dst, Message{ID: id, Op: OpSearchRequest, Body: b})
}

// AppendSASLBind appends a bind with an empty name, a SASL mechanism and its token (RFC 4511 §4.2). A nil token
// leaves the credentials out.
func AppendSASLBind(dst []byte, id int32, mechanism string, token []byte) []byte {
	sasl := ber.Append(nil, ber.OctetString, []byte(mechanism))
	if token != nil {
		sasl = ber.Append(sasl, ber.OctetString, token)
	}
	b := ber.AppendInt(nil, ber.Integer, version)
	b = ber.Append(b, ber.OctetString, nil)
	b = ber.Append(b, tagSASL, sasl)
	return AppendMessage(dst, Message{ID: id, Op: OpBindRequest, Body: b})
}

// AppendSimpleBind appends a simple bind (RFC 4511 §4.2). Both empty is the anonymous bind.
func AppendSimpleBind(dst []byte, id int32, name, password string) []byte {
	b := ber.AppendInt(nil, ber.Integer, version)
	b = ber.Append(b, ber.OctetString, []byte(name))
	b = ber.Append(b, tagSimple, []byte(password))
	return AppendMessage(dst, Message{ID: id, Op: OpBindRequest, Body: b})
}

// AppendExtended appends an extended request without a value (RFC 4511 §4.12), such as StartTLS.
func AppendExtended(dst []byte, id int32, name string) []byte {
	return AppendMessage(dst, Message{ID: id, Op: OpExtendedRequest, Body: ber.Append(nil, tagRequestName, []byte(name))})
}

// AppendUnbind appends the request that ends the session (RFC 4511 §4.3); it has no answer.
func AppendUnbind(dst []byte, id int32) []byte {
	return AppendMessage(dst, Message{ID: id, Op: OpUnbindRequest})
}
