package rdp

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"signet"
	"signet/internal/check/checktest"
)

// Every recording, and what is known of its server from its own configuration.
func TestReplay(t *testing.T) {
	want := map[string]struct {
		nla       signet.Level
		protocols string
		computer  string
	}{
		"xrdp-tls":       {signet.Off, "tls", ""},
		"xrdp-rdp":       {signet.Off, "rdp", ""},
		"xrdp-negotiate": {signet.Off, "rdp tls", ""},
		"shadow-nla":     {signet.Required, "nla", "VM"},
		"shadow-tls":     {signet.Off, "tls", ""},
		"shadow-rdp":     {signet.Off, "rdp", ""},
		"shadow-default": {signet.Off, "rdp tls", ""},
		"shadow-any":     {signet.Optional, "rdp tls nla", "VM"},
	}
	paths, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(paths) != len(want) {
		t.Fatalf("%d recordings, want %d (%v)", len(paths), len(want), err)
	}
	c := Check()
	for _, path := range paths {
		name, verdict, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".flow"), ".")
		t.Run(name, func(t *testing.T) {
			w, ok := want[name]
			if !ok {
				t.Fatal("a recording of a server that is not described here")
			}
			r := checktest.Replay(t, c, path, checktest.Options())
			if r.Outcome != signet.Answered || r.Err != nil || r.Unasked != nil {
				t.Fatalf("%v, %v, %v", r.Outcome, r.Err, r.Unasked)
			}
			f := r.Facts.(*Facts)
			if f.NLA != w.nla || !reflect.DeepEqual(f.Protocols, strings.Fields(w.protocols)) {
				t.Errorf("nla %v over %v, want %v over %s", f.NLA, f.Protocols, w.nla, w.protocols)
			}
			if (f.NTLM != nil) != (w.computer != "") || f.NTLM != nil && (f.NTLM.NBComputer != w.computer || f.TLS == nil) {
				t.Errorf("ntlm %+v, tls %+v", f.NTLM, f.TLS)
			}
			if j, err := c.Judge(f); err != nil || j.Verdict.String() != verdict {
				t.Errorf("%+v, %v; the name says %s", j, err, verdict)
			}
			flow, err := checktest.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(flow.Attempts); n > c.Sends[0].Connections {
				t.Errorf("%d connections, %d declared", n, c.Sends[0].Connections)
			}
		})
	}
}

// A quick run is one connection and one round trip, and says what it left out.
func TestQuick(t *testing.T) {
	o := checktest.Options()
	o.Quick = true
	for _, c := range []struct {
		answer  string
		nla     signet.Level
		unasked string
	}{
		{"030000130ed00000123400021f080008000000", signet.Unknown, "nla-required names"},
		{"030000130ed000001234000201080001000000", signet.Unknown, "nla-required"},
		{"0300000b06d00000123400", signet.Off, ""},
	} {
		f := flow(t, exchange{noteAll, askAll, c.answer, "done"})
		r := checktest.ReplayFlow(t, Check(), f, o)
		if got := strings.Join(r.Unasked, " "); r.Outcome != signet.Answered || r.Facts.(*Facts).NLA != c.nla || got != c.unasked {
			t.Errorf("%s: %v %s, unasked %q", c.answer, r.Outcome, r.Facts.AppendJSON(nil), got)
		}
	}
}
