package smb2

import "fmt"

// Dialects (§2.2.3, §2.2.4).
const (
	Dialect202      uint16 = 0x0202
	Dialect210      uint16 = 0x0210
	Dialect300      uint16 = 0x0300
	Dialect302      uint16 = 0x0302
	Dialect311      uint16 = 0x0311
	DialectWildcard uint16 = 0x02ff // the answer to a multi-protocol negotiate: SMB 2.1 or above, still to be agreed
)

// SecurityMode bits (§2.2.4).
const (
	SigningEnabled  uint16 = 0x0001
	SigningRequired uint16 = 0x0002
)

// Capability bits (§2.2.4).
const (
	CapDFS               uint32 = 0x01
	CapLeasing           uint32 = 0x02
	CapLargeMTU          uint32 = 0x04
	CapMultiChannel      uint32 = 0x08
	CapPersistentHandles uint32 = 0x10
	CapDirectoryLeasing  uint32 = 0x20
	CapEncryption        uint32 = 0x40 // meaningful for 3.0 and 3.0.2 only; 3.1.1 says it in a context
	CapNotifications     uint32 = 0x80
)

// Status codes that the two exchanges meet ([MS-ERREF] §2.3.1).
const (
	StatusSuccess          uint32 = 0x00000000
	StatusPending          uint32 = 0x00000103
	StatusInvalidParameter uint32 = 0xc000000d
	StatusMoreProcessing   uint32 = 0xc0000016
	StatusAccessDenied     uint32 = 0xc0000022
	StatusLogonFailure     uint32 = 0xc000006d
	StatusNotSupported     uint32 = 0xc00000bb
	StatusNTLMBlocked      uint32 = 0xc0000418
)

// DialectName returns the version that users know: "2.0.2", "2.1", "3.0", "3.0.2", "3.1.1", or the number.
func DialectName(d uint16) string {
	switch d {
	case Dialect202:
		return "2.0.2"
	case Dialect210:
		return "2.1"
	case Dialect300:
		return "3.0"
	case Dialect302:
		return "3.0.2"
	case Dialect311:
		return "3.1.1"
	}
	return fmt.Sprintf("0x%04x", d)
}

// CipherName names an encryption cipher (§2.2.3.1.2).
func CipherName(id uint16) string {
	switch id {
	case CipherNone:
		return "none"
	case CipherAES128CCM:
		return "AES-128-CCM"
	case CipherAES128GCM:
		return "AES-128-GCM"
	case CipherAES256CCM:
		return "AES-256-CCM"
	case CipherAES256GCM:
		return "AES-256-GCM"
	}
	return fmt.Sprintf("0x%04x", id)
}

// SigningName names a signing algorithm (§2.2.3.1.7).
func SigningName(id uint16) string {
	switch id {
	case SignHMACSHA256:
		return "HMAC-SHA256"
	case SignAESCMAC:
		return "AES-CMAC"
	case SignAESGMAC:
		return "AES-GMAC"
	}
	return fmt.Sprintf("0x%04x", id)
}

// StatusName names a status, or writes its number.
func StatusName(s uint32) string {
	switch s {
	case StatusSuccess:
		return "STATUS_SUCCESS"
	case StatusPending:
		return "STATUS_PENDING"
	case StatusInvalidParameter:
		return "STATUS_INVALID_PARAMETER"
	case StatusMoreProcessing:
		return "STATUS_MORE_PROCESSING_REQUIRED"
	case StatusAccessDenied:
		return "STATUS_ACCESS_DENIED"
	case StatusLogonFailure:
		return "STATUS_LOGON_FAILURE"
	case StatusNotSupported:
		return "STATUS_NOT_SUPPORTED"
	case StatusNTLMBlocked:
		return "STATUS_NTLM_BLOCKED"
	}
	return fmt.Sprintf("0x%08x", s)
}

// AppendCapabilityNames appends the words of the set bits, lowest bit first; bits without a name are left out.
func AppendCapabilityNames(dst []string, caps uint32) []string {
	for i, name := range [...]string{
		"dfs", "leasing", "large-mtu", "multi-channel", "persistent-handles", "directory-leasing", "encryption", "notifications",
	} {
		if caps&(1<<i) != 0 {
			dst = append(dst, name)
		}
	}
	return dst
}
