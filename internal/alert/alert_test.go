package alert

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/compare"
	"signet/internal/notify"
)

// change is one in short: kind, host or address, verdicts, and findings that are gained (+), lost (-) or rated up (^).
func change(kind compare.Kind, host string, old, now signet.Verdict, findings ...string) compare.Change {
	at := signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("10.0.0.1")}, Port: 445, Transport: signet.TCP}
	c := compare.Change{Kind: kind, Old: at, New: at, Host: host, Check: "smb", OldVerdict: old, NewVerdict: now}
	for _, f := range findings {
		x := signet.Finding{Rule: f[1:], Severity: signet.High}
		switch f[0] {
		case '+':
			c.Gained = append(c.Gained, x)
		case '-':
			c.Lost = append(c.Lost, x)
		case '^':
			c.Rated = append(c.Rated, compare.Rated{Finding: x, Was: signet.Low})
		case 'v':
			x.Severity = signet.Low
			c.Rated = append(c.Rated, compare.Rated{Finding: x, Was: signet.High})
		}
	}
	return c
}

// TestTell plays one run after another: each says who is told of.
func TestTell(t *testing.T) {
	const (
		exposed, guarded, unsure = signet.Exposed, signet.Guarded, signet.Undetermined
	)
	worse := func(host string, findings ...string) compare.Change {
		return change(compare.Worsened, host, guarded, exposed, findings...)
	}
	better := func(host string, findings ...string) compare.Change {
		return change(compare.Improved, host, exposed, guarded, findings...)
	}
	accepted := worse("a", "+r")
	accepted.Accepted = true
	moved := worse("FS", "+r")
	moved.New.Addr = netip.MustParseAddr("10.0.0.9")
	for _, story := range []struct {
		name  string
		steps []any // a change or more, and who is told of
	}{
		{"weakened, mended, weakened", []any{worse("a", "+r"), "a", better("a", "-r"), "", worse("a", "+r"), "a"}},
		{"weakened, and not seen in between", []any{worse("a", "+r"), "a", change(compare.Undetermined, "a", exposed, unsure, "-r"), "", worse("a", "+r"), "",
			change(compare.Vanished, "a", exposed, 0, "-r"), "", change(compare.Appeared, "a", 0, exposed, "+r"), "", change(compare.NotAsked, "a", exposed, 0, "-r"), "", worse("a", "+r"), ""}},
		{"another finding of the same", []any{worse("a", "+r"), "a", change(compare.Worsened, "a", exposed, exposed, "+s"), "a", change(compare.Worsened, "a", exposed, exposed, "+s", "+r"), ""}},
		{"one is mended while another comes", []any{worse("a", "+r"), "a", change(compare.Worsened, "a", exposed, exposed, "-r", "+s"), "a", worse("a", "+r"), "a"}},
		{"rated up, and down", []any{change(compare.Worsened, "a", exposed, exposed, "^r"), "a", change(compare.Improved, "a", exposed, exposed, "vr"), "", change(compare.Worsened, "a", exposed, exposed, "^r"), ""}},
		{"rated down beside a new one, then up", []any{change(compare.Worsened, "a", exposed, exposed, "+s", "vr"), "a", change(compare.Worsened, "a", exposed, exposed, "^r"), "a"}},
		{"appeared", []any{change(compare.Appeared, "a", 0, exposed, "+r"), "a", change(compare.Appeared, "b", 0, guarded, "+r"), "", change(compare.NewlyAsked, "c", 0, exposed, "+r"), ""}},
		{"exposed without a rule", []any{worse("a"), "a", worse("a"), "", better("a"), "", worse("a"), "a"}},
		{"mended silently", []any{better("a", "-r"), ""}},
		{"accepted", []any{accepted, ""}},
		{"at another address, under its name", []any{worse("fs", "+r"), "fs", moved, ""}},
		{"two hosts", []any{worse("a", "+r"), "a", worse("b", "+r"), "b"}},
		{"without a name, twice at once", []any{[]compare.Change{worse("", "+r"), worse("", "+r")}, "10.0.0.1"}},
	} {
		m := &Memory{}
		for i := 0; i < len(story.steps); i += 2 {
			list, ok := story.steps[i].([]compare.Change)
			if !ok {
				list = []compare.Change{story.steps[i].(compare.Change)}
			}
			tell, d := m.Tell("hq", list, false)
			var got []string
			for _, c := range tell {
				name := c.Host
				if name == "" {
					name = c.Addr().String()
				}
				got = append(got, name)
			}
			if strings.Join(got, " ") != story.steps[i+1] {
				t.Errorf("%s, step %d: %q, want %q", story.name, i/2+1, got, story.steps[i+1])
			}
			b, err := d.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			var again Delta
			if err := again.UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			m.Apply(again)
			whole := &Memory{}
			whole.Apply(m.Whole())
			m = whole
		}
	}
	m := &Memory{}
	_, d := m.Tell("hq", []compare.Change{worse("a", "+r"), worse("c", "+r")}, false)
	m.Apply(d)
	if tell, _ := m.Tell("other", []compare.Change{worse("a", "+r")}, false); len(tell) != 1 {
		t.Error("another site's row is taken for this one's")
	}
	tell, d := m.Tell("hq", []compare.Change{worse("b", "+r"), worse("a", "+r")}, true)
	if len(tell) != 2 {
		t.Errorf("where it is not known what was closed, %d are told", len(tell))
	}
	m.Apply(d)
	if tell, d = m.Tell("hq", []compare.Change{worse("b", "+r"), worse("a", "+r")}, false); len(tell) != 0 || !d.Empty() {
		t.Errorf("and again %d", len(tell))
	}
	if tell, _ = m.Tell("hq", []compare.Change{worse("c", "+r")}, false); len(tell) != 1 {
		t.Error("what may have been closed unseen is not told of again")
	}
}

func TestRows(t *testing.T) {
	var list []compare.Change
	for i := range 30 {
		list = append(list, change(compare.Worsened, fmt.Sprint("h", i), signet.Guarded, signet.Exposed, "+r"))
	}
	list[29].Gained[0].Severity = signet.Critical
	list = append(list, change(compare.Worsened, "x", signet.Guarded, signet.Exposed))
	tell, _ := (&Memory{}).Tell("", list, false)
	rows, more, worst := Rows(tell)
	if len(rows) != notify.MostRows || more != 11 || worst != "critical" || rows[0].Host != "h29" || rows[0].Severity != "critical" || rows[1].Host != "h0" || rows[1].Change != "worsened" || rows[1].Port != 445 {
		t.Errorf("%d rows and %d more, worst %q: %+v", len(rows), more, worst, rows[:2])
	}
	rows, more, worst = Rows(tell[30:])
	if len(rows) != 1 || more != 0 || worst != "" || rows[0].Text != "exposed" || rows[0].Severity != "" {
		t.Errorf("%+v %d %q", rows, more, worst)
	}
}

// Info is a severity too, though it is the least.
func TestRowsOfInfo(t *testing.T) {
	c := change(compare.Worsened, "a", signet.Guarded, signet.Exposed, "+r")
	c.Gained[0].Severity = signet.Info
	bare := change(compare.Worsened, "b", signet.Guarded, signet.Exposed)
	rows, _, worst := Rows([]*compare.Change{&bare, &c})
	if worst != "info" || rows[0].Severity != "info" || rows[0].Host != "a" || rows[1].Severity != "" {
		t.Errorf("%q %+v", worst, rows)
	}
}

func FuzzDelta(f *testing.F) {
	d := Delta{all: true, closed: []key{{1}}, told: []key{{2}, {3}}}
	b, err := d.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d, e Delta
		if d.UnmarshalBinary(b) != nil {
			return
		}
		again, err := d.MarshalBinary()
		if err != nil || e.UnmarshalBinary(again) != nil || d.all != e.all || !slices.Equal(d.closed, e.closed) || !slices.Equal(d.told, e.told) {
			t.Errorf("%x", b)
		}
	})
}
