package all

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"signet"
)

// Facts of every check are read as encoding/json reads them, and by a plan: a type of facts that had none would be read right, and
// would make reports of large runs slow. What a plan reads takes half the allocations at most.
func TestFactsAreReadByAPlan(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "sample", "sample.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	largest := map[string]signet.RawFacts{}
	in := bufio.NewScanner(plain)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var l struct {
			Check string
			Facts json.RawMessage
		}
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		for _, c := range Checks() {
			if c.Name != l.Check || l.Facts == nil {
				continue
			}
			got, err := c.Decode(signet.RawFacts(l.Facts))
			if err != nil {
				t.Fatalf("%s: %v", l.Facts, err)
			}
			want := reflect.New(reflect.TypeOf(got).Elem()).Interface()
			if err := json.Unmarshal(l.Facts, want); err != nil || !reflect.DeepEqual(any(got), want) {
				t.Errorf("%s is read as %+v, want %+v (%v)", l.Facts, got, want, err)
			}
			if len(l.Facts) > len(largest[c.Name]) {
				largest[c.Name] = signet.RawFacts(l.Facts)
			}
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range Checks() {
		facts := largest[c.Name]
		if facts == nil {
			continue // what the sample run has none of
		}
		got, err := c.Decode(facts)
		if err != nil {
			t.Fatal(err)
		}
		typ := reflect.TypeOf(got).Elem()
		here := least(func() { c.Decode(facts) })
		there := least(func() { json.Unmarshal(facts, reflect.New(typ).Interface()) })
		if here > there*3/4 { // a type without a plan takes as many as encoding/json
			t.Errorf("%s: %v allocations, encoding/json has %v: is there a field that no plan can be made of? %s", c.Name, here, there, facts)
		}
	}
	if len(largest) < 7 {
		t.Errorf("the sample run has facts of %d checks", len(largest))
	}
}

// least is how many allocations something takes. A collection that empties a pool meanwhile adds to one measurement, and a
// busy machine has many: of several the least counts.
func least(do func()) float64 {
	n := testing.AllocsPerRun(100, do)
	for range 9 {
		n = min(n, testing.AllocsPerRun(20, do))
	}
	return n
}
