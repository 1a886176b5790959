// Package sheet reads tables of comma-separated values that people load, and says of every mistake in which line and column it stands. It knows
// no meaning of a column, opens no file, and takes no more than it is told to.
package sheet
