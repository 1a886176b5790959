// Package scope turns what the user typed into the set of addresses that may be asked.
//
// It reads every form of a TARGET (addresses, CIDR blocks, ranges, octet ranges, host names, each with or without
// ports), files of them, nmap XML and masscan JSON, resolves names and subtracts exclusions. The result is sorted
// ranges that do not overlap: a /8 takes as much memory as one address. Addresses are reached by index, so that a
// seeded permutation of the index (Order) and a position in it are the whole state of a run.
//
// It sends nothing but the name lookups of the resolver it is handed, and it decides nothing about ports beyond those
// that were typed: which check asks which port is the caller's business. It never reads URLs.
//
// Octet ranges follow nmap's target specification; addresses are RFC 4291 text, and an IPv4-mapped IPv6 address is the
// IPv4 address it stands for.
package scope
