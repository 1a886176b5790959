// Package notify brings messages to where people read them: webhooks, chat, mail, syslog. It keeps nothing and decides nothing: what is told,
// to whom and how often it is tried again is for whoever calls it to say.
//
// Where a channel leads is typed into a page, so that it is asked at each connection whether the address may be reached: never this machine
// itself, nor what only its own link knows, whichever way it is written and whatever a name says by then. No redirect is followed.
package notify
