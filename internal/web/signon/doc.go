// Package signon answers below /oidc/: there a browser leaves for the identity provider and comes back to, and sessions that began so are
// renewed.
//
//	signon.go   the two addresses   attempt.go   what a browser keeps meanwhile
//	renew.go    sessions, as long as the provider keeps them on
//	grant.go    which group is given which role, and where
//
// It believes no page and no link: what a browser brings back belongs to a log-on that the very browser began, once. Who somebody is package
// sso says, what they may package desk. It shows nothing: whoever fails is sent to the page for logging on, with a word that says why.
package signon
