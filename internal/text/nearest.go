package text

import (
	"strconv"
	"strings"
)

// Nearest is the one of the known words that somebody who wrote word most likely meant; empty where none is near, or where
// word is one of them.
func Nearest(word string, known []string) string {
	best, least := "", max(1, len(word)/3)+1
	for _, k := range known {
		if k == word {
			return ""
		}
		if d := slips(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	for _, k := range known { // who gave up early meant the only word that begins so
		if strings.HasPrefix(strings.ToLower(k), strings.ToLower(word)) {
			if best != "" {
				return ""
			}
			best = k
		}
	}
	return best
}

// mostMeant bounds the words that a question offers.
const mostMeant = 5

// DidYouMean is what a message about an unknown word ends with: a question, or nothing where no known word is near and none
// holds it.
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return "; did you mean " + near + "?"
	}
	var holding []string
	for _, k := range known {
		if len(word) >= 3 && k != word && strings.Contains(strings.ToLower(k), strings.ToLower(word)) {
			holding = append(holding, k)
		}
	}
	if len(holding) == 0 {
		return ""
	}
	if more := len(holding) - mostMeant; more > 0 {
		holding = append(holding[:mostMeant], "one of "+strconv.Itoa(more)+" more")
	}
	return "; did you mean " + Or(holding) + "?"
}

// slips counts the keys that were missed, added, mistaken or struck in the wrong order between two words.
func slips(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, above, row = above, row, before
		row[0] = i + 1
		for j := range len(b) {
			wrong := 1
			if a[i] == b[j] {
				wrong = 0
			}
			row[j+1] = min(above[j]+wrong, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
