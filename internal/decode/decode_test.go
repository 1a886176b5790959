package decode

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// word is a type that reads its own text, as levels do.
type word uint8

func (w *word) UnmarshalText(b []byte) error {
	for i, s := range []string{"", "off", "required"} {
		if s == string(b) {
			*w = word(i)
			return nil
		}
	}
	return fmt.Errorf("no word: %q", b)
}

type inner struct {
	Name  string   `json:"name"`
	Words []word   `json:"words"`
	List  []string `json:"list,omitempty"`
}

// outer has what facts have.
type outer struct {
	Text     string         `json:"text"`
	Level    word           `json:"level,omitzero"`
	Flag     bool           `json:"flag"`
	Told     *bool          `json:"told"`
	Size     int8           `json:"size"`
	Code     uint32         `json:"code,omitempty"`
	Far      *inner         `json:"far,omitempty"`
	Near     inner          `json:"near"`
	All      []inner        `json:"all"`
	Deep     [][]string     `json:"deep"`
	At       time.Time      `json:"at"`
	Anything any            `json:"anything"`
	Map      map[string]int `json:"map"`
	Bytes    []byte         `json:"bytes"`
	Number   json.Number    `json:"number"`
	Fraction float64        `json:"fraction"`
	Pair     [2]int         `json:"pair"`
	Untold   string         `json:"-"`
	Plain    string
}

// holds itself: what no plan is made of.
type endless struct {
	Name string   `json:"name"`
	More *endless `json:"more"`
}

// Embedded is a part whose fields count as those of the whole.
type Embedded struct {
	Name string `json:"name"`
}

type embedding struct {
	Embedded
	Words []word `json:"words"`
}

type quotedNumber struct {
	N int `json:"n,string"`
}

func texts() []string {
	return []string{
		`{"text":"a","level":"off","flag":true,"told":false,"size":-128,"code":4294967295,"far":{"name":"x","words":["off","required"],"list":["b","c"]},"near":{"name":"","words":[],"list":null},"all":[{"name":"1","words":null},{"name":"2","words":["off"]},{"name":"3"},{"name":"4"},{"name":"5","list":["z"]}],"deep":[["a"],[],["b","c"],null],"at":"2026-11-29T10:00:00Z","anything":{"a":[1,"}"]},"map":{"a":1},"bytes":"AAE=","number":12.5,"fraction":1e3,"pair":[1,2],"Plain":"p"}`,
		`{}`, ` { } `, "\n{ \"text\" : \"a\" , \"all\" : [ { \"name\" : \"b\" } , { } ] }\t", `{"all":[]}`, `{"all":null,"far":null,"told":null,"deep":[]}`,
		`{"size":-0}`, `{"code":-0}`, `{"size":01}`, `{"size":1.0}`, `{"size":1e0}`, `{"size":128}`, `{"size":-129}`, `{"code":-1}`, `{"code":4294967296}`, `{"size":99999999999999999999}`, `{"size":-}`, `{"size":}`,
		`{"text":"\\pipe\\lsass","near":{"name":"a\"b"}}`, `{"text":"\u00e4\ud83d\ude00\ud800"}`, `{"text":"ä😀"}`, "{\"text\":\"\xff\"}", "{\"text\":\"a\x01\"}", "{\"text\":\"a\nb\"}", `{"text":"\x"}`, `{"text":"a\\"}`, `{"text":"a\\\""}`, `{"text":"a`, `{"text":"a\"`,
		`{"text":"` + strings.Repeat("long ", 40) + `"}`, `{"text":"` + strings.Repeat(`\n`, 40) + `"}`,
		`{"TEXT":"a"}`, `{"text":"a","text":"b"}`, `{"far":{"name":"a"},"far":{"words":["off"]}}`, `{"newer":[{"a":"]"}],"text":"a"}`, `{"-":"x"}`, `{"Untold":"x"}`,
		`{"level":"never"}`, `{"level":1}`, `{"level":null}`, `{"level":"\u006fff"}`, `{"near":{"words":["off","never"]}}`, `{"level":""}`,
		`{"flag":null,"text":null,"size":null}`, `{"flag":"true"}`, `{"flag":tru}`, `{"flag":truest}`, `{"told":1}`,
		`{"at":null}`, `{"at":"today"}`, `{"anything":null}`, `{"anything":"a","map":{}}`, `{"anything":[}`, `{"anything":nul}`, `{"map":{"a":"b"}}`, `{"bytes":"?"}`, `{"bytes":[1,2]}`,
		`{"text":"a",}`, `{"text" "a"}`, `{"text":"a"}}`, `{"text":"a"} x`, `{"all":[{},]}`, `{"all":[{}`, `{"all":{}}`, `{"far":[]}`, `[]`, `null`, `"a"`, `1`, ``, ` `, `{`, `{"`, `{"a`, `{"text`, `{"text"`, `{"text":`, `{,}`, `{"anything":1,,"text":"a"}`, `{"anything":}`,
		`{"deep":[["a"],["b"`, `{"pair":[1,2,3]}`, `{"pair":[1]}`, `{"number":"1"}`, `{"number":"x"}`, `{"fraction":"1"}`,
	}
}

// same reads a text as a plan and as encoding/json does: value and error must be the same. It is read twice, because a plan
// remembers texts.
func same[T any](t *testing.T, p *Plan[T], text []byte) {
	t.Helper()
	want := new(T)
	wantErr := json.Unmarshal(text, want)
	for range 2 {
		got, err := p.Read(text)
		switch {
		case (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error():
			t.Errorf("%q: %v, want %v", text, err, wantErr)
		case err != nil && got != nil:
			t.Errorf("%q: a value beside an error", text)
		case err == nil && !reflect.DeepEqual(got, want):
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

// Whatever is read, it is what encoding/json reads.
func TestReadsAsEncodingJSON(t *testing.T) {
	p := Of[outer]()
	if p.root == nil {
		t.Fatal("no plan is made of a type that has what facts have")
	}
	for _, text := range texts() {
		same(t, p, []byte(text))
	}
	// And once more in the other order, after all those mistakes.
	for i := range texts() {
		same(t, p, []byte(texts()[len(texts())-1-i]))
	}
	many := `{"all":[` + strings.Repeat(`{"name":"a","list":["b"]},`, 3*mostHeld) + `{"name":"z"}]}`
	same(t, p, []byte(many))
	same(t, p, []byte(`{"all":[{},{"words":["off"]}]}`))
}

// What no plan is made of is read nevertheless.
func TestTypesLeftToEncodingJSON(t *testing.T) {
	for _, text := range []string{`{"name":"a","more":{"name":"b"}}`, `{"n":"1"}`, `{"n":1}`, `{"words":["off"]}`, `{`} {
		e, m, q := Of[endless](), Of[embedding](), Of[quotedNumber]()
		if e.root != nil || m.root != nil || q.root != nil {
			t.Fatal("a plan is made of a type that has none")
		}
		same(t, e, []byte(text))
		same(t, m, []byte(text))
		same(t, q, []byte(text))
	}
}

// A text is nested as far as encoding/json lets it be, wherever it stands.
func TestNestedAsFarAsEncodingJSON(t *testing.T) {
	p := Of[outer]()
	for _, deep := range []int{deepestSkipped, deepestSkipped + 1, 9999, 10000, 10001} {
		same(t, p, []byte(`{"anything":`+strings.Repeat("[", deep)+strings.Repeat("]", deep)+`}`))
	}
}

// A text that is as long as it was written may be another all the same: what is remembered of it is not what stands in its place.
func TestTextsAsLongAsTheyWereWritten(t *testing.T) {
	p := Of[outer]()
	for i := range 20 * knownTexts { // of so many some are remembered in one place
		same(t, p, []byte(fmt.Sprintf(`{"text":"\\n%d\\`, i)+"\xff\"}")) // says \n, the number, \ and U+FFFD
		same(t, p, []byte(fmt.Sprintf(`{"text":"\n%d\`, i)+"\uFFFD\"}")) // is written so, and is a mistake
	}
}

// Two values that are read one after another share nothing that can be written to.
func TestValuesAreTheirOwn(t *testing.T) {
	p := Of[outer]()
	text := []byte(`{"text":"abc","near":{"list":["a","b"]},"all":[{"name":"x","words":["off"]}]}`)
	first, err := p.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		text[i] = 'z' // the reader's buffer is used again
	}
	second, err := p.Read([]byte(`{"text":"def","near":{"list":["c","d"]},"all":[{"name":"y","words":["required"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	second.Near.List[0], second.All[0].Words[0] = "changed", 0
	if first.Text != "abc" || first.Near.List[0] != "a" || first.Near.List[1] != "b" || first.All[0].Name != "x" || first.All[0].Words[0] != 1 {
		t.Errorf("the first value is %+v now", first)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range texts() {
		f.Add([]byte(text))
	}
	p := Of[outer]()
	f.Fuzz(func(t *testing.T, text []byte) { same(t, p, text) })
}
