module signet

go 1.26

// Old servers are exactly what has to be asked: RSA key exchange, 3DES, SHA-1 signatures, short keys and
// certificates with negative serial numbers are facts to report, not reasons to know nothing.
godebug (
	rsa1024min=0
	tls3des=1
	tlsrsakex=1
	tlssha1=1
	x509negativeserial=1
)
