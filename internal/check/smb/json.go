package smb

import (
	"strconv"

	"signet"
	"signet/internal/text"
)

// AppendJSON appends the facts as one object. It is written out because it runs for every answer of a large scan;
// a test holds it to what the struct tags say.
func (f *Facts) AppendJSON(dst []byte) []byte {
	dst = appendWord(append(dst, '{'), `"transport":`, f.Transport)
	dst = appendWord(dst, `,"dialect":`, f.Dialect)
	dst = appendWord(dst, `,"signing":`, f.Signing.String())
	dst = appendWord(dst, `,"security_mode":`, f.SecurityMode)
	dst = appendBool(dst, `,"smb2_offered":`, f.SMB2Offered)
	dst = append(dst, `,"smb1":`...)
	dst = f.SMB1.appendJSON(dst)
	if len(f.Dialects) > 0 { // without --deep nobody asked: an empty list would read as none accepted
		dst = appendList(dst, `,"dialects":`, f.Dialects)
	}
	dst = appendWord(dst, `,"dialect_floor":`, f.DialectFloor)
	if f.Odd {
		dst = append(dst, `,"odd_dialect":true`...)
	}
	dst = appendList(dst, `,"encryption":`, f.Encryption)
	dst = appendBool(dst, `,"encryption_required":`, f.EncryptionRequired)
	dst = appendList(dst, `,"signing_algorithms":`, f.SigningAlgorithms)
	dst = append(dst, `,"compression":`...)
	dst = strconv.AppendBool(dst, f.Compression)
	dst = appendList(dst, `,"capabilities":`, f.Capabilities)
	dst = append(dst, `,"server_guid":"`...)
	dst, _ = f.ServerGUID.AppendText(dst)
	dst = append(dst, `","system_time":"`...)
	dst, _ = f.SystemTime.AppendText(dst)
	dst = append(dst, `","start_time":"`...)
	dst, _ = f.StartTime.AppendText(dst)
	dst = append(dst, '"')
	dst = appendList(dst, `,"mechanisms":`, f.Mechanisms)
	dst = appendWord(dst, `,"ntlm_offer":`, f.NTLMOffer)
	dst = append(dst, `,"ntlm":`...)
	dst = appendNTLM(dst, f.NTLM)
	dst = appendList(dst, `,"undecided":`, f.Undecided)
	return append(dst, '}')
}

func (s *SMB1) appendJSON(dst []byte) []byte {
	dst = appendBool(append(dst, '{'), `"offered":`, s.Offered)
	dst = appendWord(dst, `,"signing":`, s.Signing.String())
	dst = appendWord(dst, `,"dialect":`, s.Dialect)
	dst = appendWord(dst, `,"security_mode":`, s.SecurityMode)
	dst = appendBool(dst, `,"user_level":`, s.UserLevel)
	dst = appendBool(dst, `,"plaintext":`, s.Plaintext)
	dst = appendText(dst, `,"native_os":`, s.NativeOS)
	dst = appendText(dst, `,"native_lan_manager":`, s.NativeLanMan)
	dst = appendText(dst, `,"domain":`, s.Domain)
	dst = appendText(dst, `,"server":`, s.Server)
	return append(dst, '}')
}

func appendNTLM(dst []byte, n *signet.NTLM) []byte {
	if n == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	start := len(dst)
	dst = appendText(dst, `,"nb_computer":`, n.NBComputer)
	dst = appendText(dst, `,"nb_domain":`, n.NBDomain)
	dst = appendText(dst, `,"dns_computer":`, n.DNSComputer)
	dst = appendText(dst, `,"dns_domain":`, n.DNSDomain)
	dst = appendText(dst, `,"dns_forest":`, n.DNSForest)
	dst = appendText(dst, `,"os_version":`, n.OSVersion)
	dst = appendText(dst, `,"time":`, n.Time)
	if len(dst) > start { // the first field needs no comma
		dst = append(dst[:start], dst[start+1:]...)
	}
	return append(dst, '}')
}

// appendWord appends a key and a string of ours, which needs no escaping.
func appendWord(dst []byte, key, s string) []byte {
	dst = append(append(dst, key...), '"')
	return append(append(dst, s...), '"')
}

// appendText appends a key and a string of the peer's, or nothing if it is empty.
func appendText(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	return text.AppendJSONString(append(dst, key...), s)
}

func appendBool(dst []byte, key string, b *bool) []byte {
	dst = append(dst, key...)
	if b == nil {
		return append(dst, "null"...)
	}
	return strconv.AppendBool(dst, *b)
}

// appendList appends a key and a list of words of ours, or of dotted numbers.
func appendList(dst []byte, key string, list []string) []byte {
	dst = append(append(dst, key...), '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), s...), '"')
	}
	return append(dst, ']')
}
