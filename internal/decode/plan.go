package decode

import (
	"encoding"
	"encoding/json"
	"hash/maphash"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Plan is how values of one type are read. It may be shared.
type Plan[T any] struct {
	root    reader // nil: the type is left to encoding/json
	scratch int    // how many lists a reading needs room for
	seed    maphash.Seed
	free    sync.Pool // of *reading
}

// reader reads one value off the front of what is left, into a zero value. It says whether it could.
type reader func(r *reading, v reflect.Value) bool

// Of makes the plan of a type.
func Of[T any]() *Plan[T] {
	p := &Plan[T]{seed: maphash.MakeSeed()}
	b := builder{}
	if root, ok := b.reader(reflect.TypeFor[T]()); ok {
		p.root, p.scratch = root, b.lists
	}
	return p
}

// Read gives what json.Unmarshal gives of the same bytes, error or value.
func (p *Plan[T]) Read(b []byte) (*T, error) {
	if p.root != nil {
		r, _ := p.free.Get().(*reading)
		if r == nil {
			r = &reading{seed: p.seed, lists: make([]reflect.Value, p.scratch)}
		}
		r.b, r.at = b, 0
		v := new(T)
		r.space()
		ok := p.root(r, reflect.ValueOf(v).Elem())
		if ok {
			r.space()
			ok = r.at == len(b)
		}
		r.b = nil
		p.free.Put(r)
		if ok {
			return v, nil
		}
	}
	v := new(T)
	if err := json.Unmarshal(b, v); err != nil {
		return nil, err
	}
	return v, nil
}

// deepest is how far types may be nested: one that holds itself is left to encoding/json.
const deepest = 8

// builder makes readers of types.
type builder struct {
	depth, lists int
}

// reader makes the reader of a type. It says whether there is one.
func (b *builder) reader(t reflect.Type) (reader, bool) {
	if b.depth++; b.depth > deepest {
		return nil, false
	}
	defer func() { b.depth-- }()
	pointer := reflect.PointerTo(t)
	switch {
	case pointer.Implements(reflect.TypeFor[json.Unmarshaler]()), t == reflect.TypeFor[json.Number]():
		return readByItself, true
	case pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return readWord, true
	}
	switch t.Kind() {
	case reflect.Bool:
		return readBool, true
	case reflect.String:
		return readString, true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return readInt, true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return readUint, true
	case reflect.Pointer:
		return b.pointer(t.Elem())
	case reflect.Slice:
		return b.list(t)
	case reflect.Struct:
		return b.object(t)
	}
	return readByItself, true
}

func (b *builder) pointer(to reflect.Type) (reader, bool) {
	read, ok := b.reader(to)
	return func(r *reading, v reflect.Value) bool {
		if r.null() {
			return true
		}
		p := reflect.New(to)
		if !read(r, p.Elem()) {
			return false
		}
		v.Set(p)
		return true
	}, ok
}

// list makes the reader of a list. Its elements are gathered in a list of the reading and copied into one of their number.
func (b *builder) list(t reflect.Type) (reader, bool) {
	if t.Elem().Kind() == reflect.Uint8 {
		return readByItself, true // text in base64
	}
	read, ok := b.reader(t.Elem())
	at := b.lists
	b.lists++
	return func(r *reading, v reflect.Value) bool {
		if r.null() {
			return true
		}
		if !r.byte('[') {
			return false
		}
		if r.byte(']') {
			v.Set(reflect.MakeSlice(t, 0, 0))
			return true
		}
		held, n, good := r.lists[at], 0, true
		if !held.IsValid() {
			held = reflect.MakeSlice(t, 4, 4)
		}
		for {
			if n == held.Len() {
				more := reflect.MakeSlice(t, 2*n, 2*n)
				reflect.Copy(more, held)
				held = more
			}
			good = read(r, held.Index(n))
			if n++; !good || !r.byte(',') {
				break
			}
		}
		if good = good && r.byte(']'); good {
			list := reflect.MakeSlice(t, n, n)
			reflect.Copy(list, held)
			v.Set(list)
		}
		held.Slice(0, n).Clear()
		if r.lists[at] = held; n > mostHeld {
			r.lists[at] = reflect.Value{}
		}
		return good
	}, ok
}

// mostHeld is how many elements a reading keeps room for between two values.
const mostHeld = 1024

// field is one of a struct.
type field struct {
	name string
	at   int
	read reader
}

// object makes the reader of a struct. Its keys are expected in the order of the fields, which is how they are written.
func (b *builder) object(t reflect.Type) (reader, bool) {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous, strings.Contains(","+options+",", ",string,"):
			return nil, false
		case !f.IsExported(), name == "-" && options == "":
			continue
		case name == "":
			name = f.Name
		}
		read, ok := b.reader(f.Type)
		if !ok {
			return nil, false
		}
		if slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
			return nil, false
		}
		fields = append(fields, field{name, i, read})
	}
	if len(fields) == 0 || len(fields) > 64 {
		return nil, false
	}
	return func(r *reading, v reflect.Value) bool {
		if !r.byte('{') {
			return false
		}
		if r.byte('}') {
			return true
		}
		seen := uint64(0)
		for next := 0; ; {
			key, ok := r.key()
			if !ok {
				return false
			}
			tried := 0
			for ; tried < len(fields) && fields[next].name != string(key); tried++ {
				if next++; next == len(fields) {
					next = 0
				}
			}
			if tried == len(fields) || seen&(1<<next) != 0 {
				return false
			}
			seen |= 1 << next
			f := &fields[next]
			if next++; next == len(fields) {
				next = 0
			}
			if !f.read(r, v.Field(f.at)) {
				return false
			}
			if !r.byte(',') {
				return r.byte('}')
			}
		}
	}, true
}
