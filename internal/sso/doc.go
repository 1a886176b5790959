// Package sso lets people log on with an OpenID Connect provider: the client's side of the code flow, with PKCE, state and nonce, and of the
// renewal by which a provider says that somebody is still with it.
//
//	client.go     which provider, and what it says of itself   way.go     how it is reached, and what is not
//	attempt.go    one log-on, from here to there and back      renew.go   the same person once more, later
//	person.go     who a token says somebody is
//
// It keeps no session, knows no user and gives no right: who calls it does. Whom the flags name is trusted to say who somebody is, and in nothing else: what
// it names beside itself is reached by the rules of package reach, no redirect is followed, answers and waits are bounded. No error holds
// anything that a provider or a browser sent but words that OAuth defines.
package sso
