package relay

import "signet"

// way is the class of target that an endpoint is where it breaks a rule, and what the rule says of the guard.
type way struct {
	target Target
	guard  signet.Level
}

// opens says which way in each rule is. A rule that is not here opens none; a test holds the list against every check's.
func opens(rule string) (way, bool) {
	switch rule {
	case "smb-signing-not-required", "smb1-signing-not-required":
		return way{ToSMB, signet.Optional}, true
	case "ldap-signing-not-required":
		return way{ToLDAP, signet.Optional}, true
	case "ldap-channel-binding-off":
		return way{ToLDAPS, signet.Off}, true
	case "ldap-channel-binding-optional":
		return way{ToLDAPS, signet.Optional}, true
	case "adcs-web-enrollment-ntlm-http", "adcs-ndes-ntlm-http", "adcs-cep-ntlm-http", "exchange-ntlm-http", "mecm-ntlm-http",
		"wsus-ntlm-http", "http-ntlm-plain", "proxy-ntlm", "mail-ntlm-plain":
		return way{ToHTTP, signet.Off}, true
	case "adcs-ntlm-epa-unknown", "http-ntlm-epa-unknown", "mail-ntlm-epa-unknown":
		return way{ToHTTPS, signet.Unknown}, true
	case "http-epa-off":
		return way{ToHTTPS, signet.Off}, true
	case "http-epa-optional":
		return way{ToHTTPS, signet.Optional}, true
	case "mssql-epa-unknown":
		return way{ToMSSQL, signet.Unknown}, true
	case "mssql-epa-off":
		return way{ToMSSQL, signet.Off}, true
	case "mssql-epa-optional":
		return way{ToMSSQL, signet.Optional}, true
	case "adcs-rpc-privacy-unknown":
		return way{ToICPR, signet.Unknown}, true
	case "winrm-http-encryption-unknown":
		return way{ToWinRM, signet.Unknown}, true
	case "winrm-https-binding-unknown":
		return way{ToWinRMS, signet.Unknown}, true
	}
	return way{}, false
}
