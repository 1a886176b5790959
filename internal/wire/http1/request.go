package http1

import (
	"errors"
	"fmt"
	"strings"
)

// UserAgent names us in every request, so that whoever reads the server's log knows what came by.
const UserAgent = "signet (NTLM relay health check)"

// ErrRequest says that a request cannot be written, because a part of it would break its line or its head.
var ErrRequest = errors.New("http1: request cannot be written")

// Request is all that a request of ours can say. Its zero value is not valid: Method, Target and Host are needed.
type Request struct {
	Method             string // GET, POST, OPTIONS, HEAD
	Target             string // origin form `/certsrv/`, or absolute form for a forward proxy (RFC 9112 §3.2)
	Host               string // as for the Host field: name or address, IPv6 in brackets, port unless default
	Authorization      string // value of the field, "NTLM TlRM…"; left out when empty
	ProxyAuthorization string // the same towards a proxy
	Cookie             string // "a=b; c=d" (RFC 6265 §4.2); left out when empty
}

// AppendRequest appends r as the head of an HTTP/1.1 request on a connection to be kept. POST carries
// "Content-Length: 0" (RFC 9110 §8.6: a method that expects a body says that there is none). Bytes that could end
// a line or a word early are refused, since targets and hosts come from files and from the network.
func AppendRequest(dst []byte, r Request) ([]byte, error) {
	if !isToken(r.Method) {
		return nil, fmt.Errorf("%w: method %.32q", ErrRequest, r.Method)
	}
	if !isVisible(r.Target) {
		return nil, fmt.Errorf("%w: target %.64q", ErrRequest, r.Target)
	}
	if !isVisible(r.Host) {
		return nil, fmt.Errorf("%w: host %.64q", ErrRequest, r.Host)
	}
	if !isFieldValue(r.Authorization) || !isFieldValue(r.ProxyAuthorization) || !isFieldValue(r.Cookie) {
		// The value is not quoted in the error: it may belong to a real account.
		return nil, fmt.Errorf("%w: control byte in an Authorization or Cookie value", ErrRequest)
	}
	dst = append(dst, r.Method...)
	dst = append(dst, ' ')
	dst = append(dst, r.Target...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, r.Host...)
	dst = append(dst, "\r\nUser-Agent: "+UserAgent+"\r\nAccept: */*\r\nConnection: keep-alive\r\n"...)
	if r.Method == "POST" {
		dst = append(dst, "Content-Length: 0\r\n"...)
	}
	dst = appendField(dst, "Cookie", r.Cookie)
	dst = appendField(dst, "Authorization", r.Authorization)
	dst = appendField(dst, "Proxy-Authorization", r.ProxyAuthorization)
	return append(dst, "\r\n"...), nil
}

func appendField(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// isVisible says that s is one unbroken word of printable ASCII, the most a target or a host may be.
func isVisible(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != ""
}

// isFieldValue says that s can stand as a field value; an empty one means that the field is left out.
func isFieldValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return strings.Trim(s, " \t") == s
}

// isToken is RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c != 0 && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
