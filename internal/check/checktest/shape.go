package checktest

import (
	"reflect"
	"strings"
	"testing"
)

// SameShape fails unless every field of told stands in facts too, under the same key of JSON: what another tool told is
// then read as facts and nothing of it is lost. Both are structs.
func SameShape(t *testing.T, told, facts any) {
	t.Helper()
	if n := sameShape(t, "", reflect.TypeOf(told), reflect.TypeOf(facts)); n == 0 {
		t.Errorf("%T has no fields", told)
	}
}

func sameShape(t *testing.T, at string, told, facts reflect.Type) (fields int) {
	t.Helper()
	keys := map[string]reflect.Type{}
	for i := range facts.NumField() {
		key, _, _ := strings.Cut(facts.Field(i).Tag.Get("json"), ",")
		keys[key] = inner(facts.Field(i).Type)
	}
	for i := range told.NumField() {
		key, _, _ := strings.Cut(told.Field(i).Tag.Get("json"), ",")
		of, ok := keys[key]
		if !ok || key == "" {
			t.Errorf("%s%s (%q) is no field of %s", at, told.Field(i).Name, key, facts)
			continue
		}
		fields++
		if mine := inner(told.Field(i).Type); mine.Kind() == reflect.Struct && of.Kind() == reflect.Struct && mine != of {
			fields += sameShape(t, at+key+".", mine, of)
		}
	}
	return fields
}

// inner is what a pointer leads to, or a list consists of.
func inner(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}
