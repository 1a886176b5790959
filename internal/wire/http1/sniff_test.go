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
		"<h2>Bad Request - Invalid Hostname</h2>":                            false,
	} {
		if got := WantsTLS(&Response{Status: 400, Body: []byte(body)}); got != want {
			t.Errorf("%q: %v", body, got)
		}
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
