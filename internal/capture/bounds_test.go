package capture_test

import (
	"net/netip"
	"testing"

	"signet/internal/capture/capturetest"
)

// TestBounds: more servers and clients than are kept are counted, and nothing is said of them.
func TestBounds(t *testing.T) {
	const many = 1<<14 + 50
	smb, web := connections(t, samba, "192.0.2.5", false)[1], connections(t, "../check/http/testdata/apache-iis-adcs.exposed.flow", "192.0.2.6", false)[0]
	web.Turns = append(web.Turns[:len(web.Turns):len(web.Turns)], capturetest.Turn{Client: true, Bytes: []byte("GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n")})
	var list []capturetest.Connection
	for i := range many {
		a, b := smb, web
		a.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 445)
		b.Client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(i >> 8), byte(i)}), 40000)
		list = append(list, b, a)
	}
	got, r := hearBytes(t, pcap(capturetest.Packets(list...)))
	if len(got) != 1<<14 || r.Stats.Crowded != 51 || r.Stats.Unlisted != 50 || len(r.Clients()) != 1<<14 || r.Held() != 0 {
		t.Errorf("%d endpoints and %d clients kept, %d and %d too many, %d bytes held", len(got), len(r.Clients()), r.Stats.Crowded, r.Stats.Unlisted, r.Held())
	}
}
