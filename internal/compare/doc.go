// Package compare says what changed between two runs: what appeared, vanished, worsened, improved, cannot be told any
// more, and what was not asked again. It is pure, and streams: both runs come ordered by address, and memory grows only
// with the hosts that are at one address in one run and not in the other.
//
// Hosts are compared, not addresses: a host that took another lease is found again by its server GUID, its computer name
// or, failing both, the names of its certificate; and a host that took over an address is not its predecessor.
//
// It never counts silence as a fix: what was not asked again, or cannot be told any more, has a kind of its own.
package compare
