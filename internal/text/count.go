package text

import "fmt"

// Count returns a number and what is counted: "1 host", "2 hosts".
func Count[N int | uint64](n N, one, many string) string {
	return fmt.Sprintf("%d %s", n, Noun(n, one, many))
}

// Noun returns the word for n of a thing, without the number.
func Noun[N int | uint64](n N, one, many string) string { return Either(n == 1, one, many) }

// Grouped writes a number with a narrow no-break space (U+202F) between groups of three digits.
func Grouped(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// CountGrouped is Count with its number Grouped, for reports that only people read.
func CountGrouped(n uint64, one, many string) string { return Grouped(n) + " " + Noun(n, one, many) }
