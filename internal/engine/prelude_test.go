package engine

import (
	"bytes"
	"testing"
)

// Preludes with random bytes anywhere in them are learned, and said with any draw; those that do more with their random
// bytes than say them are not.
func TestPreludesAreLearned(t *testing.T) {
	say := func(d *draw) ([]byte, int) {
		return append(append([]byte("hello "), d[2], d[0], '!', d[1]), d[3:40]...), 40
	}
	p, ok := learn(say)
	if !ok || len(p.marks) != 40 {
		t.Fatalf("%v %+v", ok, p)
	}
	var d draw
	for i := range d {
		d[i] = byte(i * 7)
	}
	want, _ := say(&d)
	if got := p.with([]byte("x"), &d); !bytes.Equal(got[1:], want) {
		t.Errorf("%q, want %q", got[1:], want)
	}
	for name, say := range map[string]func(*draw) ([]byte, int){
		"nothing":         func(*draw) ([]byte, int) { return nil, 0 },
		"a changed byte":  func(d *draw) ([]byte, int) { return []byte{d[0] ^ 0x55}, 1 },
		"a length":        func(d *draw) ([]byte, int) { return make([]byte, int(d[0])+1), 1 },
		"its own count":   func(d *draw) ([]byte, int) { return []byte{1}, int(d[0]) },
		"a sum of theirs": func(d *draw) ([]byte, int) { return []byte{d[0] + d[1], d[1]}, 2 },
	} {
		if p, ok := learn(say); ok {
			t.Errorf("%s: learned as %+v", name, p)
		}
	}
}
