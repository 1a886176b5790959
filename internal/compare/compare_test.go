package compare_test

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/compare"
	"signet/internal/judge"
)

// smb is an SMB endpoint: what its host is called, its GUID and its signing.
func smb(addr, name, guid, signing string) *signet.Observation {
	o := &signet.Observation{Check: "smb", CheckVersion: 1, Outcome: signet.Answered, Open: true, At: time.Unix(1, 0)}
	o.Addr, o.Port = netip.MustParseAddr(addr), 445
	ntlm := ""
	if name != "" {
		ntlm = fmt.Sprintf(`,"ntlm":{"nb_computer":%q,"dns_computer":%q,"time":"2026-03-01T09:30:00Z"}`, strings.ToUpper(name), name+".corp.example")
	}
	o.Facts = signet.RawFacts(fmt.Sprintf(`{"transport":"direct","dialect":"3.1.1","signing":%q,"security_mode":"0x01","smb2_offered":true,`+
		`"smb1":{"offered":false,"signing":"unknown","dialect":"","security_mode":"","user_level":null,"plaintext":null},"dialects":[],"dialect_floor":"2.0.2",`+
		`"server_guid":%q,"system_time":"2026-03-01T09:30:00Z","mechanisms":["ntlm"],"ntlm_offer":"proven"%s}`, signing, guid, ntlm))
	return o
}

// named is an observation of an address that was asked by a name.
func named(o *signet.Observation) *signet.Observation {
	o.Name = "fs1.corp.example"
	return o
}

func later(o *signet.Observation) *signet.Observation {
	c := *o
	if raw, ok := o.Facts.(signet.RawFacts); ok {
		c.Facts = signet.RawFacts(strings.ReplaceAll(string(raw), "09:30:00", "11:45:01.5"))
	}
	return &c
}

func ended(addr string, outcome signet.Outcome) *signet.Observation {
	o := &signet.Observation{Check: "smb", CheckVersion: 1, Outcome: outcome}
	o.Addr, o.Port = netip.MustParseAddr(addr), 445
	o.Open = outcome == signet.Broken
	return o
}

func run(list ...*signet.Observation) iter.Seq2[*signet.Observation, error] {
	return func(yield func(*signet.Observation, error) bool) {
		for _, o := range list {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func comparer(t *testing.T, asked signet.Answer) *compare.Comparer {
	t.Helper()
	p, err := judge.BuiltIn("baseline")
	if err != nil {
		t.Fatal(err)
	}
	j, err := judge.New(all.Checks(), p)
	if err != nil {
		t.Fatal(err)
	}
	return &compare.Comparer{Checks: all.Checks(), Judge: j.Observation, Asked: func(*signet.Observation) signet.Answer { return asked }}
}

const (
	g1 = "11111111-1111-1111-1111-111111111111"
	g2 = "22222222-2222-2222-2222-222222222222"
)

func TestChanges(t *testing.T) {
	list := func(o ...*signet.Observation) []*signet.Observation { return o }
	quick := smb("10.0.0.1", "fs1", g1, "required")
	quick.Unasked = []string{"SMB 1"}
	for _, tt := range []struct {
		name     string
		old, new []*signet.Observation
		asked    signet.Answer
		want     string // "kind old>new", sorted as yielded
	}{
		{"the same but for its clock", list(smb("10.0.0.1", "fs1", g1, "optional")), list(later(smb("10.0.0.1", "fs1", g1, "optional"))), signet.Yes, ""},
		{"fixed", list(smb("10.0.0.1", "fs1", g1, "optional")), list(smb("10.0.0.1", "fs1", g1, "required")), signet.Yes, "improved 10.0.0.1>10.0.0.1"},
		{"weakened", list(smb("10.0.0.1", "fs1", g1, "required")), list(smb("10.0.0.1", "fs1", g1, "optional")), signet.Yes, "worsened 10.0.0.1>10.0.0.1"},
		{"broken off now", list(smb("10.0.0.1", "fs1", g1, "optional")), list(ended("10.0.0.1", signet.Broken)), signet.Yes, "undetermined 10.0.0.1>10.0.0.1"},
		{"silent now", list(smb("10.0.0.1", "fs1", g1, "optional")), list(ended("10.0.0.1", signet.Silent)), signet.No, "vanished 10.0.0.1>-"},
		{"gone, and asked", list(smb("10.0.0.1", "fs1", g1, "optional")), nil, signet.Yes, "vanished 10.0.0.1>-"},
		{"gone, and not asked", list(smb("10.0.0.1", "fs1", g1, "optional")), nil, signet.No, "not-asked 10.0.0.1>-"},
		{"gone, and not known whether asked", list(smb("10.0.0.1", "fs1", g1, "optional")), nil, signet.NotKnown, "not-asked 10.0.0.1>-"},
		{"skipped now", list(smb("10.0.0.1", "fs1", g1, "optional")), list(ended("10.0.0.1", signet.Skipped)), signet.Yes, "not-asked 10.0.0.1>-"},
		{"not all of it asked", list(smb("10.0.0.1", "fs1", g1, "optional")), list(quick), signet.Yes, "not-asked 10.0.0.1>10.0.0.1"},
		{"new", nil, list(smb("10.0.0.1", "fs1", g1, "optional")), signet.Yes, "appeared ->10.0.0.1"},
		{"opened", list(ended("10.0.0.1", signet.Refused)), list(smb("10.0.0.1", "fs1", g1, "required")), signet.Yes, "appeared ->10.0.0.1"},
		{"another lease", list(smb("10.0.0.1", "fs1", g1, "optional")), list(smb("10.0.0.9", "fs1", g1, "optional")), signet.Yes, "vanished 10.0.0.1>- appeared ->10.0.0.9"},
		{"a name and a GUID copied, with a guard", list(smb("10.0.0.1", "fs1", g1, "optional")), list(smb("10.0.0.9", "fs1", g1, "required")), signet.Yes,
			"vanished 10.0.0.1>- appeared ->10.0.0.9"},
		{"another lease of a name that was asked", list(named(smb("10.0.0.1", "fs1", g1, "optional"))), list(named(smb("10.0.0.9", "fs1", g1, "optional"))), signet.Yes, ""},
		{"another lease of a name that was asked, and fixed", list(named(smb("10.0.0.1", "fs1", g1, "optional"))), list(named(smb("10.0.0.9", "fs1", g1, "required"))), signet.Yes,
			"improved 10.0.0.1>10.0.0.9"},
		{"reinstalled, another lease of a name that was asked", list(named(smb("10.0.0.1", "fs1", g1, "required"))), list(named(smb("10.0.0.9", "fs1", g2, "optional"))), signet.Yes,
			"worsened 10.0.0.1>10.0.0.9"},
		{"a name that was asked leads to another host now", list(named(smb("10.0.0.1", "fs1", g1, "optional"))), list(named(smb("10.0.0.9", "fs2", g2, "required"))), signet.Yes,
			"vanished 10.0.0.1>- appeared ->10.0.0.9"},
		{"leases swapped", list(smb("10.0.0.1", "fs1", g1, "optional"), smb("10.0.0.2", "fs2", g2, "required")),
			list(smb("10.0.0.1", "fs2", g2, "required"), smb("10.0.0.2", "fs1", g1, "optional")), signet.Yes,
			"vanished 10.0.0.1>- vanished 10.0.0.2>- appeared ->10.0.0.1 appeared ->10.0.0.2"},
		{"an address reused", list(smb("10.0.0.1", "fs1", g1, "optional")), list(smb("10.0.0.1", "pc7", g2, "required")), signet.Yes,
			"vanished 10.0.0.1>- appeared ->10.0.0.1"},
		{"clones share a GUID", list(smb("10.0.0.1", "fs1", g1, "optional")), list(smb("10.0.0.1", "fs2", g1, "required")), signet.Yes,
			"vanished 10.0.0.1>- appeared ->10.0.0.1"},
		{"a name that two hosts share finds none", list(smb("10.0.0.1", "fs1", "", "optional"), smb("10.0.0.2", "fs1", "", "optional")),
			list(smb("10.0.0.8", "fs1", "", "required")), signet.Yes, "vanished 10.0.0.1>- vanished 10.0.0.2>- appeared ->10.0.0.8"},
		{"nothing names it", list(smb("10.0.0.1", "", "", "optional")), list(smb("10.0.0.1", "", "", "required")), signet.Yes, "improved 10.0.0.1>10.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			sum, err := comparer(t, tt.asked).Runs(run(tt.old...), run(tt.new...), func(c *compare.Change) error {
				end := func(e signet.Endpoint) string {
					if e.Addr.IsValid() {
						return e.Addr.String()
					}
					return "-"
				}
				got = append(got, c.Kind.String()+" "+end(c.Old)+">"+end(c.New))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("%q, want %q", s, tt.want)
			}
			total := uint64(0)
			for _, n := range sum.Changes {
				total += n
			}
			if len(tt.want) == 0 && total != sum.OldOpen {
				t.Errorf("%d endpoints, %d counted", sum.OldOpen, total)
			}
		})
	}
}

// A finding that is gone counts as fixed in no kind of change but these.
func TestGoneIsFixedOnlyWhereItWasAskedAndAnswered(t *testing.T) {
	for _, after := range []*signet.Observation{ended("10.0.0.1", signet.Broken), ended("10.0.0.1", signet.Silent), ended("10.0.0.1", signet.Withheld),
		ended("10.0.0.1", signet.Foreign), ended("10.0.0.1", signet.Fault), ended("10.0.0.1", signet.Refused)} {
		_, err := comparer(t, signet.Yes).Runs(run(smb("10.0.0.1", "fs1", g1, "optional")), run(after), func(c *compare.Change) error {
			if c.Kind == compare.Improved {
				t.Errorf("outcome %s counts as improved", after.Outcome)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestErrorsEndIt(t *testing.T) {
	boom := errors.New("disk")
	broken := func(yield func(*signet.Observation, error) bool) { yield(nil, boom) }
	c := comparer(t, signet.Yes)
	none := func(*compare.Change) error { return nil }
	if _, err := c.Runs(broken, run(), none); !errors.Is(err, boom) {
		t.Error(err)
	}
	if _, err := c.Runs(run(smb("10.0.0.1", "a", g1, "optional")), broken, none); !errors.Is(err, boom) {
		t.Error(err)
	}
	if _, err := c.Runs(run(), run(smb("10.0.0.1", "a", g1, "optional")), func(*compare.Change) error { return boom }); !errors.Is(err, boom) {
		t.Error(err)
	}
}

// Comparing a run with itself under another clock finds nothing, and with another run the opposite of the way back.
func TestProperties(t *testing.T) {
	var a, b []*signet.Observation
	for i := range 200 {
		addr := fmt.Sprintf("10.0.%d.%d", i/100, i%100+1)
		signing := []string{"optional", "required"}
		guid := fmt.Sprintf("%08d-0000-0000-0000-000000000000", i)
		o := smb(addr, fmt.Sprintf("h%d", i), guid, signing[i%2])
		a = append(a, o)
		if i%3 == 0 && i < 150 { // more to the one side than to the other
			o = smb(addr, fmt.Sprintf("h%d", i), guid, signing[1-i%2])
		}
		b = append(b, later(o))
	}
	count := func(x, y []*signet.Observation) [8]uint64 {
		sum, err := comparer(t, signet.Yes).Runs(run(x...), run(y...), func(*compare.Change) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return sum.Changes
	}
	var clocks []*signet.Observation
	for _, o := range a {
		clocks = append(clocks, later(o))
	}
	if got := count(a, clocks); got[compare.Same] != 200 {
		t.Errorf("a run and itself: %v", got)
	}
	there, back := count(a, b), count(b, a)
	if there[compare.Worsened] == 0 || there[compare.Worsened] != back[compare.Improved] || there[compare.Improved] != back[compare.Worsened] || there[compare.Same] != back[compare.Same] {
		t.Errorf("there %v, back %v", there, back)
	}
	if !slices.Contains(compare.Kinds(), compare.Worsened) || len(compare.Kinds()) != 7 {
		t.Error(compare.Kinds())
	}
	for _, k := range compare.Kinds() {
		if got, err := compare.ParseKind(k.String()); err != nil || got != k {
			t.Errorf("%s: %v %v", k, got, err)
		}
	}
}
