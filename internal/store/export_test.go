package store

import (
	"reflect"
	"testing"
	"time"
)

// Every field of a run that a line can say is in its line, and comes back.
func TestRunLine(t *testing.T) {
	run := &Run{}
	v := reflect.ValueOf(run).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("json") != "-" {
			set(t, v.Field(i))
		}
	}
	if back := runOf(run.Line()); !reflect.DeepEqual(back, run) {
		t.Errorf("%+v\nwant %+v", back, run)
	}
	l := reflect.ValueOf(run.Line()).Elem()
	for i := range l.NumField() {
		if name := l.Type().Field(i).Name; name != "Schema" && l.Field(i).IsZero() {
			t.Errorf("the line says nothing of %s", name)
		}
	}
}

// set gives a field a value that is not zero.
func set(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(3)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(2)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		set(t, v.Index(0))
	case reflect.Array:
		set(t, v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			set(t, v.Field(i))
		}
	default:
		t.Fatalf("a field of type %s", v.Type())
	}
}
