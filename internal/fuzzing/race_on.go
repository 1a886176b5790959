//go:build race

package fuzzing

// raceFactor: under the race detector pools forget what is put back, and what they held is made anew each time; what goes byte by byte
// takes a multiple of the time.
const raceFactor = 8
