// Package certificate turns a server's X.509 certificate (RFC 5280) into the facts that a check keeps of it: names,
// issuer, when it ends, whether it is self-signed. The certificate may come from a handshake of ours or from a capture. It
// is never verified: the question is what the server shows.
package certificate

import (
	"crypto/x509"
	"time"

	"signet"
)

// most is how many names of each sort are kept: a certificate for more says no more of who answers.
const most = 100

// Describe fills in what the certificate tells; the version of TLS is left to the caller.
func Describe(f *signet.TLS, leaf *x509.Certificate) {
	f.Subject, f.Issuer = leaf.Subject.String(), leaf.Issuer.String()
	f.NotAfter = leaf.NotAfter.UTC().Format(time.RFC3339)
	f.SelfSigned = string(leaf.RawSubject) == string(leaf.RawIssuer) &&
		leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil
	f.Names = append(f.Names, leaf.DNSNames[:min(len(leaf.DNSNames), most)]...)
	for _, ip := range leaf.IPAddresses[:min(len(leaf.IPAddresses), most)] {
		f.Names = append(f.Names, ip.String())
	}
}

// Version names a version of TLS as signet.TLS has it.
func Version(v uint16) string {
	switch v {
	case 0x0301:
		return "1.0"
	case 0x0302:
		return "1.1"
	case 0x0303:
		return "1.2"
	case 0x0304:
		return "1.3"
	}
	return "unknown"
}
