// Package cli is the program as its user types it: one file for each command, and what commands share: flags and their
// configuration, output files, the terminal, signals and exit codes. Run takes everything the process has as values, so
// that tests run the program in process.
//
// What a command does is done by internal/run, and written by internal/report. This room never speaks to engine, scope,
// capture or a database itself, and decides nothing that a schedule or an API call would have to decide again.
package cli
