package hub

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/internal/desk"
	"signet/internal/notify"
	"signet/internal/store"
)

// company is a run of so many file servers, on a day of November, as JSON lines.
func company(day, hosts int, signing string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"kind":"run","schema":"signet/1","run":"day%[1]d","tool":"signet/x","started":"2026-11-%02[2]dT00:00:00Z","ended":"2026-11-%02[2]dT00:00:01Z","targets":["10.0.0.0/8"],"scope":"all","checks":["smb"],"depth":"anonymous","policy":"baseline/1"}`+"\n", day, day)
	for i := range hosts {
		fmt.Fprintf(&b, `{"kind":"endpoint","run":"day%d","at":"2026-11-%02dT00:00:00Z","address":"10.0.%d.%d","port":445,"transport":"tcp","check":"smb","outcome":"answered","open":true,"facts":{"dialect":"3.1.1","signing":%q,"smb2_offered":true,"smb1":{"offered":false},"dialect_floor":"2.0.2","ntlm_offer":"proven","ntlm":{"dns_computer":"fs%d.corp.example"}},"took_ms":1}`+"\n", day, day, i>>8, i&255, signing, i)
	}
	fmt.Fprintf(&b, `{"kind":"summary","run":"day%d","observations":%d}`+"\n", day, hosts)
	return b.String()
}

// TestTenThousand: what worsens at once is one message a channel, however much it is; and when it is mended, and worsens again, one more.
func TestTenThousand(t *testing.T) {
	office := &postOffice{}
	h := openHubTo(t, filepath.Join(t.TempDir(), "s.db"), nil, office.send, "127.9.56.0/24")
	var want []string
	for _, kind := range notify.Kinds() {
		h.channel(t, desk.Channel{Kind: kind, Name: kind, URL: map[string]string{"webhook": "https://a.example", "slack": "https://b.example", "mail": "mailto:c@d.example", "syslog": "syslog://e.example"}[kind]})
	}
	for day, signing := range []string{"required", "optional", "required", "optional"} {
		if _, err := store.Import(t.Context(), strings.NewReader(company(day+1, 10_000, signing)), h.Store, time.Now()); err != nil {
			t.Fatal(err)
		}
		h.Look()
		id := fmt.Sprint("day", day+1)
		soon(t, "it was compared", func() bool { return h.changes.knows(id) })
		if signing == "optional" {
			for _, to := range []string{"https://a.example", "https://b.example", "mailto:c@d.example", "syslog://e.example"} {
				want = append(want, to+" findings.worsened 10000 findings are new or worse")
			}
		}
		office.expects(t, h, want...)
	}
	if m := office.last; len(m.Rows) != notify.MostRows || m.More != 10_000-notify.MostRows {
		t.Errorf("%d rows, %d more", len(m.Rows), m.More)
	}
}
