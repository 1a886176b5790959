// Package sqlite keeps runs in an SQLite database: one file of mode 0600, without cgo, in WAL mode, so that a run can be
// read while it is written. There is one writing connection and a few reading ones. It implements store.Store and store.Desk and decides
// nothing that the contract decides.
package sqlite
