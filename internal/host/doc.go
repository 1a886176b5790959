// Package host folds what was learned of one address into one view of the host behind it: what it is called and who
// says so, which part it plays, what it runs. It is pure and streams: a host is let go as soon as nothing more can come
// of it, so that memory grows with the hosts under way and not with the run.
//
// It never picks a side in silence: sources that disagree are all kept, and the disagreement is said. It will not take
// an NTLM flag or a name for proof of a role ([MS-NLMP] 2.2.2.5 marks domain controllers and members alike), and it
// will not name one product where a build belongs to two.
package host
