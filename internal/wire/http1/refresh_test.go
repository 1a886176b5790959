package http1

import (
	"strings"
	"testing"
)

func TestRefresh(t *testing.T) {
	for page, want := range map[string]string{
		`<html><head><meta http-equiv="refresh" content="0; url=/Reports/"></head></html>`:                                  "/Reports/",
		`<META HTTP-EQUIV="Refresh" CONTENT="5;URL=/a">`:                                                                    "/a",
		`<meta content='0;url=/a' http-equiv='refresh'/>`:                                                                   "/a",
		`<meta http-equiv=refresh content=0;url=/a>`:                                                                        "/a",
		`<meta http-equiv="refresh" content="0; url='/a b'">`:                                                               "/a b",
		`<meta http-equiv="refresh" content="0;/a">`:                                                                        "/a",
		`<meta http-equiv="refresh" content="0.5, url = &quot;/a?b=1&amp;c=2&quot;">`:                                       "/a?b=1&c=2",
		"<meta\nhttp-equiv =\n\"refresh\"\ncontent = \"0; url=/a\"\n>":                                                      "/a",
		`<meta charset="utf-8"><meta name="x" content="0; url=/no"><meta http-equiv="refresh" content="1; URL=http://h/a">`: "http://h/a",
		`<meta http-equiv="refresh" content="300">`:                                                                         "",
		`<meta http-equiv="content-type" content="0; url=/a">`:                                                              "",
		`<!-- <meta http-equiv="refresh" content="0; url=/a"> -->`:                                                          "",
		`<!-- <meta http-equiv="refresh" content="0; url=/a">`:                                                              "",
		`<meta http-equiv="refresh" content="0; url=`:                                                                       "",
		`<meta http-equiv="refresh"`:                                                                                        "",
		`<meta = = http-equiv="refresh" content="0; url=/a">`:                                                               "/a",
		`<script>var a="<b>"</script>text /a url=`:                                                                          "",
		strings.Repeat("\u0130", 50) + `<meta http-equiv="refresh" content="0; url=/a">`:                                    "/a",
		"": "",
	} {
		if got := Refresh(&Response{Body: []byte(page)}); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
	if got := Refresh(&Response{Header: Header{{"refresh", "0; url=/a"}}, Body: []byte(`<meta http-equiv="refresh" content="0; url=/b">`)}); got != "/a" {
		t.Errorf("the field: %q", got)
	}
}

func TestCookies(t *testing.T) {
	for _, c := range []struct {
		before string
		set    []string
		want   string
	}{
		{"", nil, ""},
		{"", []string{"a=b; Path=/; HttpOnly"}, "a=b"},
		{"a=b", []string{"c=d"}, "a=b; c=d"},
		{"a=b; c=d", []string{"a=x"}, "c=d; a=x"},
		{"a=b; c=d", []string{"a=; Max-Age=0"}, "c=d"},
		{"a=b", []string{"a=deleted; max-age=0"}, ""},
		{"", []string{"no value", "=x", "a b=c", "x=\x01", "ok=1, 2 \"3\""}, "ok=1, 2 \"3\""},
		{"a=b", []string{"long=" + strings.Repeat("x", 300)}, "a=b"},
	} {
		r := &Response{}
		for _, line := range c.set {
			r.Header = append(r.Header, Field{"Set-Cookie", line})
		}
		if got := Cookies(c.before, r, 200); got != c.want {
			t.Errorf("%q then %q: %q, want %q", c.before, c.set, got, c.want)
		}
	}
}

// FuzzPage holds that whatever a page and its fields say, it is read to an end, and what is kept can be sent back.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`<meta http-equiv="refresh" content="0; url=/Reports/">`), "a=b; Path=/")
	f.Add([]byte("<!-- x --><META content='1'"), "x=\x00")
	f.Fuzz(func(t *testing.T, body []byte, set string) {
		r := &Response{Status: 400, Body: body, Header: Header{{"Set-Cookie", set}, {"Refresh", set}}}
		Refresh(r)
		WantsTLS(r)
		SaysTLS(r)
		PointsTo(r, 8443)
		if c := Cookies("", r, 256); c != "" {
			if _, err := AppendRequest(nil, Request{Method: "GET", Target: "/", Host: "h", Cookie: c}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
