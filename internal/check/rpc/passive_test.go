package rpc

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/dcerpc"
)

// What rpcdump of impacket 0.10 says to the endpoint mapper of a Samba 4.17: two lookups, under call ids of its own.
const (
	dumpBind = "05000b03100000004800000001000000b810b8100000000001000000000001000883afe11f5dc91191a408002b14a0fa03000000045d888aeb1cc9119fe808002b10486002000000"
	dumpAll  = "050000031000000040000000010000002800000000000200000000000000000000000000010000000000000000000000000000000000000000000000f4010000"
	dumpMore = "0500000310000000400000000200000028000000000002000000000000000000000000000100000000000000ea1abe684abaf745a986aae2f29d5591f4010000"
)

// heard is what an observer makes of conversations.
func heard(streams ...[2][]byte) check.Result {
	o := passive().Observe(signet.Endpoint{Port: 135})
	for _, s := range streams {
		o.Hear(&check.Overheard{FromClient: s[0], FromServer: s[1]})
	}
	return o.Result()
}

// A recorded scan says the same to whoever overhears it: every entry, and that they are all.
func TestOverheardInventory(t *testing.T) {
	const path = "testdata/samba417-dc.undetermined.flow"
	flow, err := checktest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var client, server []byte
	for _, turn := range flow.Attempts[0].Turns {
		if turn.Client {
			client = append(client, turn.Bytes...)
		} else {
			server = append(server, turn.Bytes...)
		}
	}
	asked := checktest.Replay(t, Check(), path, checktest.Options()).Facts.(*Facts)
	res := heard([2][]byte{client, server}, [2][]byte{client, server})
	got, ok := res.Facts.(*Facts)
	if !ok || res.Outcome != signet.Answered || res.Unasked != nil || !got.Complete {
		t.Fatalf("heard %+v", res)
	}
	if len(got.Interfaces) != len(asked.Interfaces) || slices.ContainsFunc(asked.Interfaces, func(i Interface) bool { return !slices.Contains(got.Interfaces, i) }) {
		t.Errorf("heard %d interfaces, asked %d", len(got.Interfaces), len(asked.Interfaces))
	}
	if !reflect.DeepEqual(judge(got), judge(asked)) {
		t.Errorf("heard %+v\nasked %+v", judge(got), judge(asked))
	}
	if cut, ok := heard([2][]byte{client, server[:len(server)-1]}).Facts.(*Facts); !ok || cut.Complete {
		t.Errorf("without the last answer: %+v", cut)
	}
	// What nobody was heard to ask for is of no known interface.
	for name, s := range map[string][2][]byte{"unasked": {nil, server}, "bind alone": {client[:72], server}} {
		if res := heard(s); res.Facts != nil {
			t.Errorf("%s: %+v", name, res)
		}
	}
}

// A list is whole where one client asked for everything from the start until nothing was left.
func TestOverheardInventoryIsWhole(t *testing.T) {
	bind, all, more := string(checktest.Hex(t, dumpBind)), string(checktest.Hex(t, dumpAll)), string(checktest.Hex(t, dumpMore))
	const drsr, icpr = "e3514235-4b06-11d1-ab04-00c04fc2dcd2", dcerpc.ICPR
	answer := func(call uint32, handle byte, status uint32, uuid string) string {
		return string(dcerpc.AppendResponse(nil, call, listing(t, handle, status, uuid), 4000))
	}
	handle := string(listing(t, 0x68, 0, drsr)[:20])
	next := more[:40] + handle + more[60:] // asks from where that answer ended
	ofOne := all[:24] + "\x01" + all[25:]  // inquires one interface
	alien := strings.Replace(bind, "\x08\x83\xaf\xe1", "\x09\x83\xaf\xe1", 1)
	for _, c := range []struct {
		name           string
		client, server string
		listed         int
		complete       bool
	}{
		{"one answer", bind + all, answer(1, 0, 0, drsr), 1, true},
		{"two", bind + all + next, answer(1, 0x68, 0, drsr) + answer(2, 0, 0, icpr), 2, true},
		{"the second is missing", bind + all + next, answer(1, 0x68, 0, drsr), 1, false},
		{"the first is missing", bind + all + next, answer(2, 0, 0, icpr), 1, false},
		{"goes on from elsewhere", bind + all + more, answer(1, 0x68, 0, drsr) + answer(2, 0, 0, icpr), 2, false},
		{"one interface", bind + ofOne, answer(1, 0, 0, drsr), 1, false},
		{"one call id for a question of one and of all", bind + ofOne + all, answer(1, 0, 0, drsr), 1, false},
		{"another interface's operation 2", alien + all, answer(1, 0, 0, drsr), 0, false},
	} {
		res := heard([2][]byte{[]byte(c.client), []byte(c.server)})
		f, ok := res.Facts.(*Facts)
		if ok != (c.listed > 0) || ok && (len(f.Interfaces) != c.listed || f.Complete != c.complete) {
			t.Errorf("%s: %+v", c.name, res.Facts)
		}
	}
}

// FuzzOverheard: whatever is overheard, nothing panics, and the same is heard in the same way again.
func FuzzOverheard(f *testing.F) {
	f.Add(checktest.Hex(f, dumpBind+dumpAll), dcerpc.AppendResponse(nil, 1, listing(f, 0, 0, dcerpc.ICPR), 100))
	f.Fuzz(func(t *testing.T, client, server []byte) {
		one, other := heard([2][]byte{client, server}), heard([2][]byte{client, server}, [2][]byte{client, server})
		if !reflect.DeepEqual(one, other) {
			t.Fatalf("%+v\n%+v", one, other)
		}
	})
}
