// Package outfile puts a file in the place of an older one once it is whole, and never before: until then the older one
// stands as it was, and a run that is killed leaves it so. What a user named may also be a pipe, a device or a descriptor
// that is open already; those are written to as they are.
//
// It knows nothing of what is written.
package outfile
