package check

import (
	"net/netip"
	"testing"
	"time"

	"signet"
)

func TestDigest(t *testing.T) {
	observation := func(change func(*signet.Observation)) *signet.Observation {
		o := &signet.Observation{Check: "smb", CheckVersion: 1, Outcome: signet.Answered, Open: true, Unasked: []string{"smb1"},
			Facts: signet.RawFacts(`{"signing":"optional","system_time":"2026-03-01T09:30:00Z","ntlm":{"time":"2026-03-01T09:30:00Z"},"server":"time"}`)}
		o.Addr, o.Port = netip.MustParseAddr("10.0.0.1"), 445
		change(o)
		return o
	}
	facts := func(s string) func(*signet.Observation) {
		return func(o *signet.Observation) { o.Facts = signet.RawFacts(s) }
	}
	sum := func(change func(*signet.Observation)) uint64 {
		o := observation(change)
		n, _ := Digest(o, FactsJSON(o), nil)
		return n
	}
	plain := sum(func(*signet.Observation) {})
	for name, change := range map[string]func(*signet.Observation){
		"another day":     func(o *signet.Observation) { o.At, o.Took = time.Unix(5, 0), time.Hour },
		"another address": func(o *signet.Observation) { o.Addr = netip.MustParseAddr("10.0.0.2") },
		"a clock":         facts(`{"signing":"optional","system_time":"2026-03-02T11:45:01.5Z","ntlm":{"time":""},"server":"time"}`),
	} {
		if sum(change) != plain {
			t.Errorf("%s makes a difference", name)
		}
	}
	for name, change := range map[string]func(*signet.Observation){
		"a fact":                             facts(`{"signing":"required","system_time":"2026-03-01T09:30:00Z","ntlm":{"time":"2026-03-01T09:30:00Z"},"server":"time"}`),
		"a fact after clocks":                facts(`{"signing":"optional","system_time":"2026-03-01T09:30:00Z","ntlm":{"time":"2026-03-01T09:30:00Z"},"server":"dime"}`),
		"a clock that stands where none was": facts(`{"signing":"optional","start_time":"2026-03-01T09:30:00Z","ntlm":{"time":"2026-03-01T09:30:00Z"},"server":"time"}`),
		"no facts":                           func(o *signet.Observation) { o.Facts = nil },
		"empty facts":                        facts(`{}`),
		"port":                               func(o *signet.Observation) { o.Port = 139 },
		"transport":                          func(o *signet.Observation) { o.Transport = signet.UDP },
		"check":                              func(o *signet.Observation) { o.Check = "http" },
		"check version":                      func(o *signet.Observation) { o.CheckVersion = 2 },
		"outcome":                            func(o *signet.Observation) { o.Outcome = signet.Withheld },
		"open":                               func(o *signet.Observation) { o.Open = false },
		"name":                               func(o *signet.Observation) { o.Name = "smb" },
		"unasked":                            func(o *signet.Observation) { o.Unasked = nil },
		"unasked by other words":             func(o *signet.Observation) { o.Unasked = []string{"smb", "1"} },
	} {
		if sum(change) == plain {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestClocksAreStopped(t *testing.T) {
	for in, want := range map[string]string{
		``:                                    ``,
		`{"time":"x"}`:                        `{"time":""}`,
		`{"time":"x","currentTime":"y"}`:      `{"time":"","currentTime":""}`,
		`{"time":"never ends`:                 `{"time":"never ends`,
		`{"time":"a \" b","x":1}`:             `{"time":"" b","x":1}`,
		`{"uptime":"7","daytime":"x"}`:        `{"uptime":"7","daytime":"x"}`,
		`{"boot_time":"x","lastTime":"y"}`:    `{"boot_time":"","lastTime":""}`,
		`{"s":"\"time\":\"x"}`:                `{"s":"\"time\":\"x"}`,
		`{"system_time":"","start_time":"z"}`: `{"system_time":"","start_time":""}`,
	} {
		if got := string(appendStopped(nil, []byte(in))); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
