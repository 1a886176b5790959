// Package ldap asks a directory how it guards NTLM binds: on 389 and 3268 whether an unsigned bind is accepted, on 636
// and 3269 and behind StartTLS whether the bind is tied to its TLS channel (RFC 4511, [MS-ADTS] §5.1.1, §5.1.2).
//
// Signing is read from the anonymous NTLM bind, which names no account; channel binding from a logon as a name that
// cannot exist, first with a wrong binding and then with none, because AD looks at the binding before the password.
// The two oracles are opposites and are never mixed: an unknown user hides the signing policy, and what anonymous may
// do over TLS is unverified on Windows.
//
// It will not: log on as an account that may exist, relay, search beyond the rootDSE, write, or take silence, a reset,
// "invalid credentials" or "NTLM is off" for "not required".
package ldap
