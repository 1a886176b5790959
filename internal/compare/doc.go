// Package compare says what changed between two runs: what appeared, vanished, worsened, improved, cannot be told any
// more, and what was not asked again. It is pure, and streams: both runs come ordered by address, and memory grows only
// with the hosts that are at one address in one run and not in the other.
//
// Hosts are compared, not addresses: a host that took over an address is not its predecessor, by the names and the GUID
// that it shows. A host that took another lease is found again where the user named it and the resolver gave that name
// another address. What hosts say of themselves can be said by anybody, who so could make a weakness look mended while its
// address is silent: hosts alike by it are told beside each other as "may be the same", and stay two.
//
// A question that the old run is known not to have asked makes nothing worse: what answers it is newly asked, so long as
// nothing that the old run did learn has changed. What is unseen now has no guard, and is not better than what it was.
//
// It never counts silence as a fix: what was not asked again, or cannot be told any more, has a kind of its own.
package compare
