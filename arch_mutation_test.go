package signet_test

import (
	"slices"
	"strings"
	"testing"
)

// example is a room that a pattern of the law stands for.
func example(pattern string) string { return strings.Replace(pattern, "*", "example", 1) }

// Each line of the law is broken in every way that it forbids, one at a time, and the law complains of each.
func TestEachLineOfTheLawFails(t *testing.T) {
	broken := func(l line, im string) {
		t.Helper()
		if len(complaints(law, map[string][]string{example(l.room): {im}})) != 1 {
			t.Errorf("%q (floor %d) imports %s, and the law does not complain", l.room, l.floor, im)
		}
	}
	for i, l := range law {
		for _, p := range l.never {
			broken(l, p)
		}
		for j, other := range law {
			room := example(other.room)
			if i == j && other.room == l.room && !strings.HasSuffix(l.room, "*") || room == "" && !strings.HasPrefix(l.room, "internal/wire/") {
				continue // no room imports itself, and the root's words are for all but the codecs
			}
			leaf := room == "internal/wire/ber" && strings.HasPrefix(l.room, "internal/wire/")
			if !l.allow(room) || other.floor > l.floor || other.floor == l.floor && !leaf {
				broken(l, strings.TrimSuffix("signet/"+room, "/"))
			}
		}
		// What a line allows it allows no longer once that moves to the same floor, or to one above.
		for _, p := range l.allows {
			at := find(law, example(p))
			if at < 0 {
				t.Errorf("%q allows %s, which stands in no line of the law", l.room, p)
				continue
			}
			if example(p) == "internal/wire/ber" {
				continue
			}
			for floor := l.floor; floor <= l.floor+1; floor++ {
				moved := slices.Clone(law)
				moved[at].floor = floor
				if len(complaints(moved, map[string][]string{example(l.room): {"signet/" + example(p)}})) != 1 {
					t.Errorf("%q on floor %d imports %s on floor %d, and the law does not complain", l.room, l.floor, p, floor)
				}
			}
		}
		broken(l, "signet/internal/nowhere")
	}
	for room, im := range map[string]string{"internal/nowhere": "io", "internal/wire/smb2": "example.org/anything"} {
		if len(complaints(law, map[string][]string{room: {im}})) != 1 {
			t.Errorf("%s imports %s, and the law does not complain", room, im)
		}
	}
}

// The law is about rooms that are there, and what it allows is used: what nobody imports any more is taken out of it.
func TestTheLawIsNoWiderThanTheHouse(t *testing.T) {
	all := rooms(t)
	for _, l := range law {
		there := false
		used := make([]bool, len(l.allows))
		for room, imports := range all {
			if at := find(law, room); at < 0 || law[at].room != l.room {
				continue
			}
			there = true
			for _, im := range imports {
				for i, p := range l.allows {
					used[i] = used[i] || match(p, strings.TrimPrefix(im, "signet/"))
				}
			}
		}
		if !there {
			t.Errorf("%q stands in the law, and no room is called so", l.room)
		}
		for i, p := range l.allows {
			if there && !used[i] {
				t.Errorf("%q may import %s and does not: take it out of the law", l.room, p)
			}
		}
	}
}

// Every name that goes out or lets in is refused in a file that has no right to it, and a right that is not used is told.
func TestOneWayOutFails(t *testing.T) {
	for path, names := range map[string]string{
		"net":                             "Dial DialTimeout Dialer DialTCP FileConn FilePacketConn LookupHost LookupSRV Resolver DefaultResolver Listen ListenConfig ListenPacket ListenTCP FileListener",
		"syscall":                         "Socket Connect Bind Sendto Sendmsg Pwrite SYS_SOCKET SYS_CONNECT SYS_BIND SYS_SENDTO SYS_IO_URING_SETUP RawConn Listen Accept4 SYS_LISTEN SYS_ACCEPT",
		"golang.org/x/sys/unix":           "Socket Connect Bind Sendto SendmsgN SYS_SOCKET SYS_CONNECT SYS_BIND SYS_SENDMMSG SYS_IO_URING_ENTER Listen Accept SYS_LISTEN SYS_ACCEPT4",
		"crypto/tls":                      "Dial DialWithDialer Dialer Listen NewListener",
		"net/http":                        "Get Head Post PostForm Client DefaultClient Transport DefaultTransport Serve ServeTLS ListenAndServe Server",
		"net/smtp":                        "SendMail",
		"net/rpc":                         "Dial",
		"log/syslog":                      "New",
		"github.com/jackc/pgx/v5":         "Connect ConnectConfig",
		"github.com/jackc/pgx/v5/pgconn":  "Connect",
		"github.com/jackc/pgx/v5/pgxpool": "New NewWithConfig",
	} {
		for name := range strings.FieldsSeq(names) {
			if len(leaks(map[string][]used{"internal/judge/judge.go": {{path, path, name}}})) != 1 {
				t.Errorf("a file uses %s.%s, and nothing complains", path, name)
			}
		}
	}
	for _, ways := range []map[string][]string{waysOut, waysIn} {
		for path, names := range ways {
			if got := leaks(map[string][]used{path: nil}); len(got) != len(names) {
				t.Errorf("%s uses none of its ways any more: %q", path, got)
			}
		}
	}
}
