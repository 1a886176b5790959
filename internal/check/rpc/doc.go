// Package rpc asks a host's endpoint mapper which interfaces it has registered, once and without a logon.
//
// The list is a hint about the host as a source: interfaces by which anyone who is logged on can make the host open
// a session elsewhere. It also tells a certification authority by its enrolment interface. No listed interface is
// ever bound to or called, and the mapper is never asked to map one, since on Windows that question can start a
// service. What the interfaces demand of an NTLM logon, packet privacy above all, cannot be seen this way, so the
// endpoint itself stays undetermined.
//
// Absence proves nothing: interfaces that are served on named pipes alone are not all registered.
package rpc
