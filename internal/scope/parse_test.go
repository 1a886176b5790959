package scope

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"10.0.0.5", "10.0.0.5"},
		{"10.0.0.0/24", "10.0.0.0-10.0.0.255"},
		{"10.0.0.77/24", "10.0.0.0-10.0.0.255"},
		{"10.0.0.4/31", "10.0.0.4-10.0.0.5"},
		{"10.0.0.4/32", "10.0.0.4"},
		{"0.0.0.0/0", "0.0.0.0-255.255.255.255"},
		{"10.0.0.0/8:8530", "10.0.0.0-10.255.255.255:8530"},
		{"10.0.0.1-10.0.0.99", "10.0.0.1-10.0.0.99"},
		{"10.0.0.1-10.0.0.1", "10.0.0.1"},
		{"10.0.0.250-10.0.1.5:445", "10.0.0.250-10.0.1.5:445"},
		{"10.0.0.1-99", "10.0.0.1-10.0.0.99"},
		{"10.0.0-2.1-254", "10.0.0.1-10.0.0.254 10.0.1.1-10.0.1.254 10.0.2.1-10.0.2.254"},
		{"10.0.0-1.1-3:80", "10.0.0.1-10.0.0.3:80 10.0.1.1-10.0.1.3:80"},
		{"10.0.0-3.*", "10.0.0.0-10.0.3.255"},
		{"10.0.0.1,3,4-6", "10.0.0.1 10.0.0.3-10.0.0.6"},
		{"10.0-255.0-255.0-255", "10.0.0.0-10.255.255.255"},
		{"10.0.0.5:8530", "10.0.0.5:8530"},
		{"10.0.0.5:443,80,80", "10.0.0.5:80,443"},
		{"10.0.0.5:8000-8002", "10.0.0.5:8000,8001,8002"},
		{"2001:db8::5", "2001:db8::5"},
		{"2001:DB8::5", "2001:db8::5"},
		{"2001:db8::5:445", "2001:db8::5:445"},
		{"[2001:db8::5]", "2001:db8::5"},
		{"[2001:db8::5]:445", "[2001:db8::5]:445"},
		{"[2001:db8::/64]:445", "[2001:db8::-2001:db8::ffff:ffff:ffff:ffff]:445"},
		{"2001:db8::/126", "2001:db8::-2001:db8::3"},
		{"2001:db8::1-2001:db8::ff", "2001:db8::1-2001:db8::ff"},
		{"::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"::ffff:10.0.0.5", "10.0.0.5"},
		{"::ffff:10.0.0.0/120", "10.0.0.0-10.0.0.255"},
		{"ca1.corp.example", "ca1.corp.example"},
		{"CA1.Corp.Example", "ca1.corp.example"},
		{"ca1.corp.example.", "ca1.corp.example."},
		{"ca1.corp.example:8530", "ca1.corp.example:8530"},
		{"FS_01", "fs_01"},
		{"1and1.example", "1and1.example"},
		{"10-0-0-5.example", "10-0-0-5.example"},
	} {
		f, err := Parse(c.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.in, err)
		} else if f.String() != c.want {
			t.Errorf("Parse(%q) = %q, want %q", c.in, f, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		in     string
		column int
		reason string // a part of it
	}{
		{"", 1, "empty"},
		{"-", 1, "with -f -"},
		{"10.0.0", 1, "four octets, this has 3 (a block of addresses is written like 10.0.0.0/24)"},
		{"10/8", 1, "write it in full: 10.0.0.0/8"},
		{"172.16/12", 1, "write it in full: 172.16.0.0/12"},
		{"10.0.0.5/255.255.255.0", 10, "not by a mask: write 10.0.0.5/24"},
		{"10.0.0.5/255.0.255.0", 10, "0 to 32"},
		{"10.0.0.1 10.0.0.2", 9, "several targets are several arguments"},
		{"10.0.0.0.1", 1, "this has 5"},
		{"10.0.0.256", 8, `octet "256"`},
		{"10.0.0.05", 8, `octet "05"`},
		{"10.0.0.1-300", 10, `octet "300"`},
		{"10.0.0.1-10.0.0.300", 17, `octet "300"`},
		{"10.0.0.9-1", 8, "backwards"},
		{"10.0.0.9-10.0.0.1", 1, "backwards"},
		{"10.0.0.1-3-10.0.0.9", 1, "one address on each side"},
		{"10.0.0.1,2-10.0.0.9", 1, "one address on each side"},
		{"10.0.0.1-10.0.0.9-12", 1, "one address on each side"},
		{"10..0.1", 4, `octet ""`},
		{"0-255.0-255.0-255.1-254", 1, "separate ranges"},
		{"10.0.0.1,10.0.0.2", 1, "one by one"},
		{"10.0.0.0/33", 10, "0 to 32"},
		{"10.0.0.0/", 10, "0 to 32"},
		{"10.0.0.0/+8", 10, "0 to 32"},
		{"10.0.0.0/024", 10, "0 to 32"},
		{"10.0.0-3.0/24", 1, "takes no prefix length"},
		{"2001:db8::/129", 12, "0 to 128"},
		{"2001:db8::/64:445", 14, "[2001:db8::/64]:port"},
		{"2001:db8::g", 1, "not an IPv6 address"},
		{"2001:db8::9-2001:db8::1", 1, "backwards"},
		{"2001:db8::9-ff", 13, "both ends in full"},
		{"::1-10.0.0.5", 1, "mixes"},
		{"[10.0.0.5]:445", 2, "IPv6 only"},
		{"[ca1]:445", 2, "IPv6 only"},
		{"[2001:db8::5", 1, "no ]"},
		{"[2001:db8::5]445", 14, "colon"},
		{"[2001:db8::5]:", 15, "no port"},
		{"fe80::1%eth0", 8, "zone (%eth0)"},
		{"[fe80::1%25eth0]:445", 9, "zone"},
		{"10.0.0.5:", 10, "no port"},
		{"10.0.0.5:0", 10, `port "0"`},
		{"10.0.0.5:65536", 10, `port "65536"`},
		{"10.0.0.5:80,x", 13, `port "x"`},
		{"10.0.0.5:90-80", 10, "backwards"},
		{"10.0.0.5:https", 10, `port "https"`},
		{":445", 1, "no address"},
		{"0.0.0.0", 1, "no host's address"},
		{"[::]:445", 2, "no host's address"},
		{"ca1.corp/certsrv", 9, "neither a prefix length nor a path"},
		{"ca1..corp", 5, "empty label"},
		{"-ca1.corp", 1, "dash"},
		{"ca1-.corp", 4, "dash"},
		{"ca1.corp.123", 10, "does not end in a number"},
		{"bücher.example", 2, "xn--"},
		{"ü.corp.123", 1, "xn--"},
		{"10.0.0.1 10.0.0.2", 9, "space"},
		{"*.corp", 1, "cannot be part"},
		{strings.Repeat("a", 64) + ".corp", 1, "label of 64"},
		{strings.Repeat("a.", 127) + "ab", 1, "256 characters"},
		{strings.Repeat("1,", 3000), 1, "6000 bytes"},
		{"https://ca1.corp/certsrv", 1, "host:port instead, here ca1.corp:443"},
		{"http://10.0.0.5:8080/", 1, "here 10.0.0.5:8080"},
		{"http://[2001:db8::5]/", 1, "here [2001:db8::5]:80"},
		{"smb://", 1, "host:port instead"},
	} {
		f, err := Parse(c.in)
		var at *ParseError
		if !errors.As(err, &at) {
			t.Errorf("Parse(%q) = %v, %v; want a ParseError", c.in, f, err)
			continue
		}
		if at.Column != c.column || !strings.Contains(at.Reason, c.reason) {
			t.Errorf("Parse(%q): column %d, %q; want column %d, %q", c.in, at.Column, at.Reason, c.column, c.reason)
		}
		if !reflect.ValueOf(f).IsZero() {
			t.Errorf("Parse(%q) failed and gave %v", c.in, f)
		}
	}
}

func TestURLErrorKeepsPasswordOut(t *testing.T) {
	for _, in := range []string{"https://admin:s3cret@ca1/", "https://admin:s3/cret@ca1/", "http://ca1/?u=a@b&p=s3cret"} {
		_, err := Parse(in)
		if err == nil || strings.Contains(err.Error(), "s3") {
			t.Errorf("Parse(%q): %v", in, err)
		}
	}
}

// FuzzParse: what parses is in order and reads back to the same from its own text; what
// does not leaves nothing behind.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"10.0.0.5", "10.0.0.0/24:80,443", "10.0.0-3.1-254", "10.0.0.1-10.0.0.99:445", "[2001:db8::/64]:1-9",
		"2001:db8::1-2001:db8::ff", "ca1.corp.example.:8530", "https://u:p@h/", "::ffff:10.0.0.1/100", "fe80::1%1", "1.*.2,4-6.*", "::10.0.0.0/80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		form, err := Parse(in)
		if err != nil {
			var at *ParseError
			if !errors.As(err, &at) || at.Column < 1 || at.Reason == "" || !reflect.ValueOf(form).IsZero() {
				t.Fatalf("Parse(%q) = %v, %#v", in, form, err)
			}
			return
		}
		if (form.Name == "") == (len(form.Ranges) == 0) {
			t.Fatalf("Parse(%q) = %#v: neither or both of name and addresses", in, form)
		}
		for i, r := range form.Ranges {
			if r.Last.Less(r.First) || r.First.Is4() != r.Last.Is4() || r.First.Is4In6() || r.First.Zone() != "" ||
				i > 0 && !form.Ranges[i-1].Last.Less(r.First) {
				t.Fatalf("Parse(%q): range %d is %v", in, i, r)
			}
		}
		for i := 1; i < len(form.Ports); i++ {
			if form.Ports[i-1] >= form.Ports[i] {
				t.Fatalf("Parse(%q): ports %v", in, form.Ports)
			}
		}
		if len(form.Ranges) > 1 || len(form.String()) > maxTarget {
			return
		}
		form.Prefix = netip.Prefix{} // a block is written as a range
		again, err := Parse(form.String())
		if err != nil || !reflect.DeepEqual(again, form) {
			t.Fatalf("Parse(%q) = %v, which reads back as %v, %v", in, form, again, err)
		}
	})
}
