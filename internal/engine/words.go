package engine

import (
	"encoding/binary"
	"math/rand/v2"
)

// rehearsal is how many random bytes first words may have: every connection of the loop has room for them, since its
// interview, which begins when something answers, has to draw the same.
const rehearsal = 48

// draw is the random bytes of one connection, in the order in which its interview asks for them.
type draw [rehearsal]byte

// fill draws all of them from a seed. They are names and salts, not keys: nothing is safe for their being unguessable.
func (d *draw) fill(seed uint64) {
	var from rand.PCG
	from.Seed(seed, rehearsal)
	for i := 0; i < rehearsal; i += 8 {
		binary.LittleEndian.PutUint64(d[i:], from.Uint64())
	}
}

// words are what every interview of a question says first, to whomever. Random bytes stand in them at marks, and are
// drawn anew for each connection: the words can be said before there is an interview to say them, and are its own
// all the same once it is begun with the same draw.
type words struct {
	text  []byte
	marks []mark
}

// mark is a byte of a text that is random, and where in the draw it comes from.
type mark struct{ at, from uint16 }

// with appends the words to dst as the interview of a draw says them.
func (w *words) with(dst []byte, d *draw) []byte {
	at := len(dst)
	dst = append(dst, w.text...)
	for _, m := range w.marks {
		dst[at+int(m.at)] = d[m.from]
	}
	return dst
}

// learn finds the marks of words by saying them with different draws. say returns nil for words that cannot be said
// beforehand; otherwise what an interview says with a draw, and how much of the draw it took.
func learn(say func(*draw) (text []byte, drawn int)) (words, bool) {
	var same, numbered, other draw
	for i := range same {
		same[i], numbered[i], other[i] = 0xff, byte(i), byte(i*151+89)
	}
	text, drawn := say(&same)
	if len(text) == 0 || len(text) > 1<<15 {
		return words{}, false
	}
	w := words{text: append([]byte(nil), text...)}
	told, again := say(&numbered)
	if len(told) != len(w.text) || again != drawn {
		return words{}, false
	}
	for i := range told {
		if told[i] == w.text[i] {
			continue
		}
		if int(told[i]) >= drawn {
			return words{}, false // a random byte that is changed before it is said
		}
		w.marks = append(w.marks, mark{uint16(i), uint16(told[i])})
	}
	told, again = say(&other)
	return w, again == drawn && string(told) == string(w.with(nil, &other))
}
