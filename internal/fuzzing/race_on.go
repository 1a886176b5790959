//go:build race

package fuzzing

// raceFactor: under the race detector pools forget what is put back, and what they held is made anew each time.
const raceFactor = 8
