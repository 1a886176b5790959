// Package host folds what was learned of one address into one view of the host behind it: its names and who gave them, its
// roles, its operating system. It knows no check: what facts say of a host is said by their check (check.Check.Identify).
// It is pure, and streams: a host is given back as soon as nothing more can come of it, so that memory grows with the
// hosts under way and not with the run.
//
// Where sources disagree all are kept, and the disagreement is told. An NTLM flag or a name is no proof of a role
// ([MS-NLMP] 2.2.2.5 marks domain controllers and members alike), and where a build belongs to two products neither is
// named alone.
package host
