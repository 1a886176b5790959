// Package compare says what changed between two runs: what appeared, vanished, worsened, improved, cannot be told any
// more, and what was not asked again. It is pure, and streams: both runs come ordered by address, and memory grows only
// with the hosts that are at one address in one run and not in the other.
//
// Hosts are compared, not addresses: where the names and the GUID at an address are others than before, another host is
// there. A host whose address changed is found again only where the user named it and the resolver gave that name another
// address. What a host says of itself anybody can say, and could so make a weakness look fixed while its own address is
// silent: two hosts that say the same of themselves stay two, and each is told of as "may be the same" beside the other.
//
// What answers a question that the old run did not ask is newly asked, and not worse, so long as nothing that the old run
// did learn has changed. An endpoint that is unseen now has no guard, and is not better than it was. Silence is never a
// fix: what was not asked again, or cannot be told any more, has a kind of its own.
//
// It knows no check: which facts are compared how is said by the check (check.Check.Shape).
package compare
