package decode

import (
	"encoding"
	"encoding/json"
	"reflect"
)

func readBool(r *reading, v reflect.Value) bool {
	switch {
	case r.word("true"):
		v.SetBool(true)
		return true
	case r.word("false"):
		return true
	}
	return false
}

func readString(r *reading, v reflect.Value) bool {
	s, ok := r.text()
	if ok {
		v.SetString(s)
	}
	return ok
}

func readInt(r *reading, v reflect.Value) bool {
	n, negative, ok := r.number()
	if !ok {
		return false
	}
	i := int64(n) // it has at most 18 digits
	if negative {
		i = -i
	}
	if v.OverflowInt(i) {
		return false
	}
	v.SetInt(i)
	return true
}

func readUint(r *reading, v reflect.Value) bool {
	n, negative, ok := r.number()
	if !ok || negative || v.OverflowUint(n) {
		return false
	}
	v.SetUint(n)
	return true
}

// readWord reads text into a type that reads it itself. What the type refuses encoding/json tells of.
func readWord(r *reading, v reflect.Value) bool {
	b, ok := r.quoted()
	return ok && plain(b) && v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(b[:len(b):len(b)]) == nil
}

// readByItself leaves one value to encoding/json.
func readByItself(r *reading, v reflect.Value) bool {
	from := r.at
	return r.skip() && json.Unmarshal(r.b[from:r.at], v.Addr().Interface()) == nil
}
