package ntlmssp

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// CertificateHash is the hash inside a certificate's signature algorithm. The zero value stands for an algorithm
// that has none or is not listed (Ed25519).
type CertificateHash uint8

// The hashes that certificates are signed with.
const (
	HashOther CertificateHash = iota
	HashMD5
	HashSHA1
	HashSHA224
	HashSHA256
	HashSHA384
	HashSHA512
)

// ServerEndPoint returns the application data of a tls-server-end-point channel binding (RFC 5929 §4.1) for the
// server's certificate in DER: the prefix and the certificate's hash, by the hash of its own signature algorithm,
// except that MD5 and SHA-1 give way to SHA-256. For HashOther the RFC defines nothing; SHA-256 is taken, which is
// unverified against Windows.
func ServerEndPoint(certDER []byte, h CertificateHash) []byte {
	out := []byte("tls-server-end-point:")
	switch h {
	case HashSHA224:
		sum := sha256.Sum224(certDER)
		return append(out, sum[:]...)
	case HashSHA384:
		sum := sha512.Sum384(certDER)
		return append(out, sum[:]...)
	case HashSHA512:
		sum := sha512.Sum512(certDER)
		return append(out, sum[:]...)
	}
	sum := sha256.Sum256(certDER)
	return append(out, sum[:]...)
}

// ChannelBindings returns the value of MsvAvChannelBindings for application data: the MD5 of a
// gss_channel_bindings_struct without addresses ([MS-NLMP] §3.1.5.1.2, RFC 4121 §4.1.1.2).
func ChannelBindings(app []byte) [16]byte {
	var addresses [16]byte // type and length of initiator and acceptor, all zero
	b := binary.LittleEndian.AppendUint32(addresses[:], uint32(len(app)))
	return md5.Sum(append(b, app...))
}
