package ntlmssp

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"signet/internal/wire/ber"
)

// ServerEndPoint returns the application data of a tls-server-end-point channel binding (RFC 5929 §4.1) for the
// server's certificate in DER: the prefix and the certificate's hash, by the hash of its own signature algorithm,
// except that MD5 and SHA-1 give way to SHA-256. For algorithms without one hash of their own (Ed25519, and whatever is
// not listed here) the RFC defines nothing; SHA-256 is taken, which is unverified against Windows.
func ServerEndPoint(certificate []byte) ([]byte, error) {
	hash, err := signatureHash(certificate)
	if err != nil {
		return nil, fmt.Errorf("ntlmssp: certificate: %w", err)
	}
	out := []byte("tls-server-end-point:")
	switch hash {
	case sha2With224:
		sum := sha256.Sum224(certificate)
		return append(out, sum[:]...), nil
	case sha2With384:
		sum := sha512.Sum384(certificate)
		return append(out, sum[:]...), nil
	case sha2With512:
		sum := sha512.Sum512(certificate)
		return append(out, sum[:]...), nil
	}
	sum := sha256.Sum256(certificate)
	return append(out, sum[:]...), nil
}

// hash is one of SHA-2; the zero value is SHA-256, which stands for every other too.
type hash uint8

const (
	sha2With256 hash = iota
	sha2With224
	sha2With384
	sha2With512
)

// signatureHash reads the signatureAlgorithm of a Certificate (RFC 5280 §4.1.1.2).
func signatureHash(certificate []byte) (hash, error) {
	body, _, err := ber.Expect(certificate, ber.Sequence)
	if err != nil {
		return 0, err
	}
	_, _, rest, err := ber.Read(body) // tbsCertificate
	if err != nil {
		return 0, err
	}
	algorithm, parameters, err := algorithmIdentifier(rest)
	if err != nil {
		return 0, err
	}
	switch algorithm {
	case "1.2.840.113549.1.1.14", "1.2.840.10045.4.3.1", "2.16.840.1.101.3.4.3.1": // RSA, ECDSA, DSA (RFC 4055, RFC 5758)
		return sha2With224, nil
	case "1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3", "2.16.840.1.101.3.4.3.3":
		return sha2With384, nil
	case "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4", "2.16.840.1.101.3.4.3.4":
		return sha2With512, nil
	case "1.2.840.113549.1.1.10": // RSASSA-PSS
		return pssHash(parameters)
	}
	return sha2With256, nil
}

// pssHash reads the hashAlgorithm of RSASSA-PSS-params (RFC 4055 §3.1): its first field, SHA-1 where it is left out.
func pssHash(parameters []byte) (hash, error) {
	list, _, err := ber.Expect(parameters, ber.Sequence)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 || list[0] != 0xa0 {
		return sha2With256, nil
	}
	field, _, err := ber.Expect(list, 0xa0)
	if err != nil {
		return 0, err
	}
	algorithm, _, err := algorithmIdentifier(field)
	switch algorithm {
	case "2.16.840.1.101.3.4.2.4":
		return sha2With224, nil
	case "2.16.840.1.101.3.4.2.2":
		return sha2With384, nil
	case "2.16.840.1.101.3.4.2.3":
		return sha2With512, nil
	}
	return sha2With256, err
}

// algorithmIdentifier reads an AlgorithmIdentifier (RFC 5280 §4.1.1.2): its OID and what follows it.
func algorithmIdentifier(b []byte) (oid string, parameters []byte, err error) {
	body, _, err := ber.Expect(b, ber.Sequence)
	if err != nil {
		return "", nil, err
	}
	id, parameters, err := ber.Expect(body, ber.OID)
	if err != nil {
		return "", nil, err
	}
	oid, err = ber.OIDString(id)
	return oid, parameters, err
}

// ChannelBindings returns the value of MsvAvChannelBindings for application data: the MD5 of a
// gss_channel_bindings_struct without addresses ([MS-NLMP] §3.1.5.1.2, RFC 4121 §4.1.1.2).
func ChannelBindings(app []byte) [16]byte {
	var addresses [16]byte // type and length of initiator and acceptor, all zero
	b := binary.LittleEndian.AppendUint32(addresses[:], uint32(len(app)))
	return md5.Sum(append(b, app...))
}
