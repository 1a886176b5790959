// Package decode reads JSON into values of a type that is known beforehand, several times as fast as encoding/json: large runs
// are reported by the million facts, and most of the time of a report used to go into reading them.
//
// It gives what json.Unmarshal gives, and has no opinion of its own: it reads the JSON that Signet itself writes, and whatever
// else it meets (a key it does not know, the same key twice, a number with a fraction, text that is not UTF-8, a mistake) it
// leaves to json.Unmarshal, from the beginning. A fuzz test holds the two together.
package decode
