// Package estate is what several runs say of a network, as pages show it.
//
// A Reading is what one run says, folded: its hosts, the endpoints where something was there, the rules that they break. A Maker
// makes it as hosts finish, in parts that are stored; a Decoder reads the parts again. Nothing in it depends on a policy.
//
// An Estate is several readings seen as one, rated by the judges of their sites: sums, hosts, findings, paths. A Board is its findings
// beside those that were known before, each with its state; what a Board remembers is a Memory, which is stored too.
//
//	maker.go, part.go     a run → parts            decode.go, reading.go   parts → a Reading
//	estate.go, stand.go   what stands where        rate.go                 and what it is worth
//	view.go               one address              identity.go             which host, which row
//	overview.go, hosts.go, search.go, paths.go     what pages ask; cursor.go: page by page
//	board.go, rows.go     findings and their state
//	memory.go, recall.go, settle.go                what is known of them, and what became of it
//
// It is pure: no store, no network, no clock. What was observed is the truth and stands in the store; everything here is derived
// from it and may be thrown away. Nothing here asks who may see what: who may see some sites is given an Estate of those.
package estate
