// Package relay is the model of relay paths: which clients' NTLM can be passed on to which guards, and why not. It is
// pure and knows no protocol beyond its table.
//
// A path runs from a class of source to one endpoint by one rule that the endpoint breaks. Paths are counted, hosts
// that could be sources times endpoints, and never listed. The model says what is open, what is closed and by which of
// its rules, and what could not be seen; it never says that a host is immune, since every "closed" assumes a patched
// target and clients that behave as their vendors document.
package relay
