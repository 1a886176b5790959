package ntlmssp

// ourVersion is the VERSION structure of Windows 10 build 19041 ([MS-NLMP] §2.2.2.10). Some servers answer no
// CHALLENGE to a NEGOTIATE without one.
const ourVersion = "\x0a\x00\x61\x4a\x00\x00\x00\x0f"

// negotiate is the NEGOTIATE_MESSAGE of [MS-NLMP] §2.2.1.1 with the flags in offered and neither domain nor workstation.
const negotiate = signature + "\x01\x00\x00\x00" + "\x05\x82\x88\xa2" +
	"\x00\x00\x00\x00\x28\x00\x00\x00" +
	"\x00\x00\x00\x00\x28\x00\x00\x00" +
	ourVersion

// anonymous is the AUTHENTICATE_MESSAGE of a user without a name ([MS-NLMP] §3.2.5.1.2): no NT response, an LM
// response of one zero byte, no MIC. It does not depend on the challenge, hence proves nothing to anybody.
const anonymous = signature + "\x03\x00\x00\x00" +
	"\x01\x00\x01\x00\x58\x00\x00\x00" + // LM response
	"\x00\x00\x00\x00\x59\x00\x00\x00" + // NT response
	"\x00\x00\x00\x00\x58\x00\x00\x00" + // domain
	"\x00\x00\x00\x00\x58\x00\x00\x00" + // user
	"\x00\x00\x00\x00\x58\x00\x00\x00" + // workstation
	"\x00\x00\x00\x00\x59\x00\x00\x00" + // session key
	"\x05\x8a\x88\xa2" +
	ourVersion +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + // MIC, unused
	"\x00"

// Negotiate returns the 40-byte NEGOTIATE that every check sends: Unicode, NTLM, extended session security, and
// neither SIGN, SEAL nor KEY_EXCH. The slice is the caller's.
func Negotiate() []byte { return []byte(negotiate) }

// Anonymous returns the 89-byte AUTHENTICATE that logs on as nobody, the same for every challenge. It names no
// account, so nothing can fail to log on and nothing can lock. The slice is the caller's.
func Anonymous() []byte { return []byte(anonymous) }
