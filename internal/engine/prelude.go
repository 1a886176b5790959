package engine

import (
	"encoding/binary"
	"math/rand/v2"
)

// rehearsal is how many random bytes a prelude may have: every connection of the loop has room for them, since its
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

// prelude is the first message of a question, identical for every target except its random bytes. Those stand at marks
// and are drawn anew for each connection. So the message can be sent before there is an interview, and an interview
// that is begun later with the same draw says exactly the same.
type prelude struct {
	text  []byte
	marks []mark
}

// mark is a byte of a text that is random, and where in the draw it comes from.
type mark struct{ at, from uint16 }

// with appends the message to dst as an interview with this draw says it.
func (p *prelude) with(dst []byte, d *draw) []byte {
	at := len(dst)
	dst = append(dst, p.text...)
	for _, m := range p.marks {
		dst[at+int(m.at)] = d[m.from]
	}
	return dst
}

// learn finds the marks of a prelude by having it said with different draws. say returns what an interview says with a
// draw and how much of the draw it took, or nil if the message cannot be sent ahead of an interview.
func learn(say func(*draw) (text []byte, drawn int)) (prelude, bool) {
	var same, numbered, other draw
	for i := range same {
		same[i], numbered[i], other[i] = 0xff, byte(i), byte(i*151+89)
	}
	text, drawn := say(&same)
	if len(text) == 0 || len(text) > 1<<15 {
		return prelude{}, false
	}
	p := prelude{text: append([]byte(nil), text...)}
	told, again := say(&numbered)
	if len(told) != len(p.text) || again != drawn {
		return prelude{}, false
	}
	for i := range told {
		if told[i] == p.text[i] {
			continue
		}
		if int(told[i]) >= drawn {
			return prelude{}, false // a random byte that is changed before it is said
		}
		p.marks = append(p.marks, mark{uint16(i), uint16(told[i])})
	}
	told, again = say(&other)
	return p, again == drawn && string(told) == string(p.with(nil, &other))
}
