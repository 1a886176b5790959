// Package cli is the program: arguments in, exit code out. It is the only room that wires the others together; each
// command is a file. Run takes everything the process has as values, so that tests run it in process.
package cli
