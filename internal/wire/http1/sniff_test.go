package http1

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSniff(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"HTTP/1.1 200 OK":                      "",
		"\x15\x03\x01\x00\x02\x02\x46":         "TLS", // alert protocol_version, as OpenSSL sends it
		"\x16\x03\x03\x00\x7a\x02":             "TLS",
		"\x15\x03\x01\x00\x00":                 "",
		"\x15\x03\x01\x7f\xff":                 "",
		"\x16\x03\x01\x7f\xff":                 "",
		"\x15\x03\x09\x00\x02":                 "",
		"\x15\x02\x01\x00\x02":                 "",
		"\x17\x03\x03\x00\x02":                 "",
		"\x15\x03\x01":                         "",
		"\x00\x00\x12\x04\x00\x00\x00\x00\x00": "HTTP/2",
		"\x00\x00\x12\x04\x00\x00\x00\x00\x01": "",
		"\x00\x00\x01\x10\xfeSMB":              "SMB",
		"\xffSMBr":                             "SMB",
		"SSH-2.0-x":                            "SSH",
		"220 mail ESMTP":                       "SMTP or FTP",
		"+OK ready":                            "POP3",
		"* OK ready":                           "IMAP",
		"\x03\x00\x00\x13\x0e":                 "RDP",
		"<html>":                               "a page without a status line",
		"hello":                                "",
	} {
		if got := Sniff([]byte(in)); got != want {
			t.Errorf("Sniff(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestWantsTLS reads what Apache and nginx of Debian 12 answered to a plain request on a TLS port.
func TestWantsTLS(t *testing.T) {
	files, err := filepath.Glob("testdata/*.plain-on-tls.http")
	if err != nil || len(files) != 2 {
		t.Fatalf("recordings: %v, %v; want two", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, used, err := read("GET", string(b), Limits{}, false)
		if err != nil || used != len(b) || !r.Done() {
			t.Fatalf("%s: %d of %d bytes, done %v, %v", file, used, len(b), r.Done(), err)
		}
		resp := r.Response()
		if !WantsTLS(resp) || resp.KeepAlive {
			t.Errorf("%s: WantsTLS %v, KeepAlive %v", file, WantsTLS(resp), resp.KeepAlive)
		}
		resp.Status = 200
		if WantsTLS(resp) {
			t.Errorf("%s: a page of status 200 decides nothing", file)
		}
	}
	for body, want := range map[string]bool{
		"Client sent an HTTP request to an HTTPS server.\n":                  true,
		"Bad Request\r\nThis combination of host and port requires TLS.\r\n": true,
		"<h1>This port speaks TLS</h1>":                                      true,
		"Use HTTPS, please":                                                  true,
		"<h2>Bad Request - Invalid Hostname</h2>":                            false,
		"see <a href=https://a.example/>here</a>, OpenSSL/3.0":               false,
	} {
		if got := WantsTLS(&Response{Status: 400, Body: []byte(body)}); got != want {
			t.Errorf("%q: %v", body, got)
		}
	}
	for _, c := range []struct {
		r    Response
		want bool
	}{
		{Response{Status: 497, Reason: "HTTP to HTTPS"}, true},
		{Response{Status: 426, Header: Header{{"Upgrade", "TLS/1.2, HTTP/1.1"}}}, true},
		{Response{Status: 426, Header: Header{{"Upgrade", "h2c"}}}, false},
		{Response{Status: 200, Body: []byte("<p>This web server is running in SSL mode. Try the URL")}, true}, // Webmin's miniserv
		{Response{Status: 403, Body: []byte("SSL is required")}, false},
	} {
		if got := WantsTLS(&c.r); got != c.want {
			t.Errorf("%+v: %v", c.r, got)
		}
	}
	iis := Response{Status: 403, Body: []byte("The page you are trying to access is secured with Secure Sockets Layer (SSL).")}
	if !SaysTLS(&iis) || WantsTLS(&iis) || SaysTLS(nil) || SaysTLS(&Response{Status: 200, Body: iis.Body}) || SaysTLS(&Response{Status: 403, Body: []byte("an SSL error")}) {
		t.Error("IIS 403.4")
	}
	for body, want := range map[string]bool{
		`<a href="https://box.example:10443/x">`: true, `go to https://192.0.2.1:10443`: true, `HTTPS://a.example:10443/`: true,
		`https://a.example/ and https://b.example:8443/`: false, `https://a.example:104430/`: false, ``: false,
	} {
		if got := PointsTo(&Response{Body: []byte(body)}, 10443); got != want {
			t.Errorf("%q: %v", body, got)
		}
	}
	if PointsTo(nil, 80) || PointsTo(&Response{Body: []byte("https://a.example:443/")}, 443) {
		t.Error("PointsTo of nothing, or of the port that links leave out")
	}
	if WantsTLS(nil) {
		t.Error("nil wants TLS")
	}
}

// FuzzSniff: naming a protocol never fails, and IsTLS and Sniff agree.
func FuzzSniff(f *testing.F) {
	f.Add([]byte("\x15\x03\x01\x00\x02\x02\x46"))
	f.Add([]byte("SSH-2.0-x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if IsTLS(b) != (Sniff(b) == "TLS") {
			t.Fatalf("%x: IsTLS %v, Sniff %q", b, IsTLS(b), Sniff(b))
		}
	})
}
