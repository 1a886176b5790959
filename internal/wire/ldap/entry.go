package ldap

import (
	"fmt"
	"strings"

	"signet/internal/wire/ber"
)

// Attribute is one attribute of an entry; its values are in the peer's order and point into the input.
type Attribute struct {
	Name   string
	Values [][]byte
}

// Entry is a SearchResultEntry (RFC 4511 §4.5.2).
type Entry struct {
	DN         string
	Attributes []Attribute
}

// ParseEntry reads one entry out of m. On error the result is zero.
func ParseEntry(m Message) (Entry, error) {
	e, err := entry(m)
	if err != nil {
		return Entry{}, fmt.Errorf("ldap: search entry: %w", whole(err))
	}
	return e, nil
}

func entry(m Message) (e Entry, err error) {
	if m.Op != OpSearchResultEntry {
		return e, fmt.Errorf("operation 0x%02x", byte(m.Op))
	}
	dn, rest, err := ber.Expect(m.Body, ber.OctetString)
	if err != nil {
		return e, err
	}
	e.DN = string(dn)
	list, _, err := ber.Expect(rest, ber.Sequence)
	if err != nil {
		return e, err
	}
	for len(list) > 0 {
		var one []byte
		if one, list, err = ber.Expect(list, ber.Sequence); err != nil {
			return e, err
		}
		a, err := attribute(one)
		if err != nil {
			return e, err
		}
		e.Attributes = append(e.Attributes, a)
	}
	return e, nil
}

func attribute(b []byte) (a Attribute, err error) {
	name, b, err := ber.Expect(b, ber.OctetString)
	if err != nil {
		return a, err
	}
	a.Name = string(name)
	set, _, err := ber.Expect(b, ber.Set)
	if err != nil {
		return a, err
	}
	for len(set) > 0 {
		var v []byte
		if v, set, err = ber.Expect(set, ber.OctetString); err != nil {
			return a, err
		}
		a.Values = append(a.Values, v)
	}
	return a, nil
}

// Values returns the values of the first attribute of that name, which RFC 4512 §2.5 compares without case, as text.
func (e Entry) Values(name string) []string {
	for _, a := range e.Attributes {
		if !strings.EqualFold(a.Name, name) {
			continue
		}
		out := make([]string, 0, len(a.Values))
		for _, v := range a.Values {
			out = append(out, string(v))
		}
		return out
	}
	return nil
}

// Value returns the first value of the first attribute of that name, or "".
func (e Entry) Value(name string) string {
	if v := e.Values(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// AppendEntry appends a search entry: for fakes and round-trip tests.
func AppendEntry(dst []byte, id int32, e Entry) []byte {
	var list []byte
	for _, a := range e.Attributes {
		var set []byte
		for _, v := range a.Values {
			set = ber.Append(set, ber.OctetString, v)
		}
		one := ber.Append(nil, ber.OctetString, []byte(a.Name))
		one = ber.Append(one, ber.Set, set)
		list = ber.Append(list, ber.Sequence, one)
	}
	b := ber.Append(nil, ber.OctetString, []byte(e.DN))
	b = ber.Append(b, ber.Sequence, list)
	return AppendMessage(dst, Message{ID: id, Op: OpSearchResultEntry, Body: b})
}
