// Package bounds says how much a file may ask of whoever reads it: how deep it may be nested, how long one token may be, how
// much it may expand to. Files come from other people and other tools; a megabyte of them must not cost minutes or gigabytes.
//
// It holds the limits, what counts against them, and readers that keep to them whatever a file's layout or encoding. It knows
// nothing of what a file means. An error says on one line which limit was passed, and where in the file.
package bounds
