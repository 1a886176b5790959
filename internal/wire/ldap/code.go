package ldap

import "strconv"

// ResultCode is the resultCode of an LDAPResult (RFC 4511 §4.1.9 and appendix A).
type ResultCode int32

// The codes a judge tells apart.
const (
	Success                ResultCode = 0
	OperationsError        ResultCode = 1
	ProtocolError          ResultCode = 2
	AuthMethodNotSupported ResultCode = 7
	StrongerAuthRequired   ResultCode = 8
	ConfidentialityNeeded  ResultCode = 13
	SaslBindInProgress     ResultCode = 14
	InappropriateAuth      ResultCode = 48
	InvalidCredentials     ResultCode = 49
	Busy                   ResultCode = 51
	Unavailable            ResultCode = 52
	UnwillingToPerform     ResultCode = 53
)

// String returns the name RFC 4511 gives the code, or "resultCode N" for one it does not name.
func (c ResultCode) String() string {
	switch c {
	case Success:
		return "success"
	case OperationsError:
		return "operationsError"
	case ProtocolError:
		return "protocolError"
	case 3:
		return "timeLimitExceeded"
	case 4:
		return "sizeLimitExceeded"
	case AuthMethodNotSupported:
		return "authMethodNotSupported"
	case StrongerAuthRequired:
		return "strongerAuthRequired"
	case 10:
		return "referral"
	case 11:
		return "adminLimitExceeded"
	case 12:
		return "unavailableCriticalExtension"
	case ConfidentialityNeeded:
		return "confidentialityRequired"
	case SaslBindInProgress:
		return "saslBindInProgress"
	case 16:
		return "noSuchAttribute"
	case 32:
		return "noSuchObject"
	case 34:
		return "invalidDNSyntax"
	case InappropriateAuth:
		return "inappropriateAuthentication"
	case InvalidCredentials:
		return "invalidCredentials"
	case 50:
		return "insufficientAccessRights"
	case Busy:
		return "busy"
	case Unavailable:
		return "unavailable"
	case UnwillingToPerform:
		return "unwillingToPerform"
	case 80:
		return "other"
	}
	return "resultCode " + strconv.Itoa(int(c))
}
