// Package front is what stands between the network and a handler of HTTP: who may connect and how, under which name the server is known,
// which address a request came from, which headers every answer has, how many connections there are and how fast they ask.
//
//	config.go   where it listens, and when that is refused       tls.go       versions, suites and certificates
//	address.go  the URL it is reached by, and unknown hosts      proxy.go     who is behind a proxy
//	headers.go  of every answer                                  origin.go    unsafe calls from elsewhere
//	conns.go    how many connections                             pace.go      how many requests
//	server.go   serving, and the end of it                       problem.go   what is refused, and panics
//	body.go     bodies that are cut, or could be misread         probe.go     whether a server lives, asked from beside it
//	renewed.go  a certificate that is renewed in its files
//
// It knows no user, no session and no page: package web does. It opens no connection but that of a probe, and speaks neither NTLM nor Negotiate.
package front
