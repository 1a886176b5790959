package estate_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"signet/internal/estate"
)

// Things are ordered by all bits of their IDs, however many of the first ones they share.
func TestOrderedByID(t *testing.T) {
	random := rand.New(rand.NewSource(3))
	for _, n := range []int{0, 1, 2, 9, 100, 3000} {
		for _, same := range []int{0, 1, 6, 12} { // octets that only few of them differ in
			ids := make([]estate.ID, n)
			for i := range ids {
				random.Read(ids[i][same:])
				for k := range same {
					ids[i][k] = byte(random.Intn(2))
				}
			}
			got := estate.OrderedByID(ids)
			want := make([]uint32, n)
			for i := range want {
				want[i] = uint32(i)
			}
			slices.SortFunc(want, func(a, b uint32) int { return bytes.Compare(ids[a][:], ids[b][:]) })
			if !slices.Equal(got, want) {
				t.Errorf("%d IDs that share %d octets are not in order", n, same)
			}
		}
	}
}

// A text has one number, and a number stands for its text: behind those that were there before, too, and whichever way it is asked for.
func TestNumbered(t *testing.T) {
	var before, list []string
	for i := range 5000 {
		before = append(before, fmt.Sprint("host", i))
		list = append(list, fmt.Sprint("host", 2500+i), "", fmt.Sprint("host", i/2))
	}
	for _, from := range [][]string{nil, before} {
		numbers, words := estate.Numbered(from, list)
		of := map[string]uint32{}
		for i, s := range list {
			if words[i] != s {
				t.Fatalf("%d of %q stands for %q", numbers[i], s, words[i])
			}
			if n, known := of[s]; known && n != numbers[i] {
				t.Fatalf("%q is %d and %d", s, n, numbers[i])
			}
			of[s] = numbers[i]
			if at := slices.Index(from, s); at >= 0 && numbers[i] != uint32(at+1) {
				t.Fatalf("%q was %d, and is %d", s, at+1, numbers[i])
			}
		}
		if of[""] != 0 {
			t.Errorf("the empty text is %d", of[""])
		}
	}
}
