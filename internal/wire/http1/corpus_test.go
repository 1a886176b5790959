package http1

import (
	"reflect"
	"testing"

	"signet/internal/corpus"
)

// TestCorpus meets every label of the HTTP corpus: status, Server, the lines as tshark read them, and that each of
// its challenges is found. A head ends at its empty line there, so the body never comes.
func TestCorpus(t *testing.T) {
	type label struct {
		File    string
		Frame   int
		Status  int
		Server  string
		Schemes []string
		WWW     []string `json:"www_authenticate"`
		Proxy   []string `json:"proxy_authenticate"`
		Raw     []byte   `json:"raw_headers_b64"`
	}
	for _, want := range corpus.Records[label](t, "http.jsonl", 1) {
		r, _, err := read("GET", string(want.Raw), Limits{}, true)
		if err != nil {
			t.Errorf("%s frame %d: %v", want.File, want.Frame, err)
			continue
		}
		if err := r.Close(true); err != nil {
			t.Errorf("%s frame %d: %v", want.File, want.Frame, err)
			continue
		}
		resp := r.Response()
		var schemes []string
		for _, c := range append(resp.Challenges(), resp.ProxyChallenges()...) {
			schemes = append(schemes, c.Scheme)
			if c.Malformed {
				t.Errorf("%s frame %d: %+v", want.File, want.Frame, c)
			}
		}
		if resp.Status != want.Status || resp.Header.Get("Server") != want.Server ||
			!same(schemes, want.Schemes) || !same(resp.Header.Values("www-authenticate"), want.WWW) ||
			!same(resp.Header.Values("proxy-authenticate"), want.Proxy) {
			t.Errorf("%s frame %d:\n got %d %q %q\nwant %+v", want.File, want.Frame, resp.Status, resp.Header.Get("Server"), schemes, want)
		}
	}
}

func same(a, b []string) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }
