// Package engine moves targets through checks into a Sink.
//
// It holds the conversations that checks describe: on blocking connections everywhere (converse.go), and the opening
// exchange of many addresses at once on the operating system's own terms where that is faster. It does not judge,
// format or store, and it knows no protocol: what to ask is the checks' business.
package engine
