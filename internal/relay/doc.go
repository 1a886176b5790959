// Package relay is the model of relay paths: which clients' NTLM can be passed on to which guards, and why not. It is
// pure. It knows classes of guards and no check: which way a broken rule opens is said by the rule (check.Rule.Opens).
//
// A path runs from a class of source to one endpoint by one rule that the endpoint breaks. Paths are counted (hosts that
// could be sources times endpoints) and not kept one by one. The model says what is open, what is closed and by which of
// its rules, and what could not be seen. It never says that a host is immune: every "closed" assumes a patched target
// and clients that behave as their vendors document.
package relay
