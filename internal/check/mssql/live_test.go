package mssql

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/tds"
)

var (
	sql2022 = tds.Version{Major: 16, Build: 1000}
	sql2008 = tds.Version{Major: 10, Minor: 50, Build: 1600}
)

const listing = `ServerName;SQL01;InstanceName;MSSQLSERVER;IsClustered;No;Version;16.0.1000.6;tcp;1433;;` +
	`ServerName;SQL01;InstanceName;PAYROLL;IsClustered;No;Version;15.0.2000.5;np;\\SQL01\pipe\MSSQL$PAYROLL\sql\query;tcp;51433;;` +
	`ServerName;SQL01;InstanceName;EXPRESS;IsClustered;No;Version;10.50.1600.1;;`

// fakes are the states that no server could be had for, each on an address of its own.
func fakes() []struct {
	name    string
	fake    fake
	want    Facts
	verdict signet.Verdict
	found   []check.Found
} {
	names := &signet.NTLM{NBComputer: "SQL01", NBDomain: "CORP", DNSComputer: "sql01.corp.example", DNSDomain: "corp.example", OSVersion: "10.0.20348", Time: "2025-12-12T08:00:00Z"}
	wrong := &Refusal{Number: 18452, State: 1, Class: 14, Text: "Login failed."}
	return []struct {
		name    string
		fake    fake
		want    Facts
		verdict signet.Verdict
		found   []check.Found
	}{
		{"fake-off", fake{version: sql2022, setting: tds.EncryptOff, login: challenges, browser: listing},
			Facts{Version: "16.0.1000", Product: "SQL Server 2022", Instance: "MSSQLSERVER", Encryption: "off", WindowsAuthentication: "proven", NTLM: names},
			signet.Undetermined, []check.Found{{Check: "mssql", Port: 51433, Called: "PAYROLL"}}},
		{"fake-required", fake{version: sql2022, setting: tds.EncryptRequired, login: challenges},
			Facts{Version: "16.0.1000", Product: "SQL Server 2022", Encryption: "required", WindowsAuthentication: "proven", NTLM: names},
			signet.Undetermined, nil},
		{"fake-notsup", fake{version: sql2008, setting: tds.EncryptNotSupported, login: challenges},
			Facts{Version: "10.50.1600", Product: "SQL Server 2008 R2", Encryption: "not-supported", WindowsAuthentication: "proven", NTLM: names},
			signet.Undetermined, nil},
		{"fake-strict", fake{version: sql2022, strict: true, login: challenges},
			Facts{Version: "16.0.1000", Product: "SQL Server 2022", Encryption: "strict", WindowsAuthentication: "proven", NTLM: names},
			signet.Undetermined, nil},
		{"fake-spnego", fake{version: sql2022, setting: tds.EncryptOff, login: onlySPNEGO},
			Facts{Version: "16.0.1000", Product: "SQL Server 2022", Instance: "PAYROLL", Encryption: "off", WindowsAuthentication: "proven", NTLM: names},
			signet.Undetermined, nil},
		{"fake-linux", fake{version: sql2022, setting: tds.EncryptOff, login: refuses},
			Facts{Version: "16.0.1000", Product: "SQL Server 2022", Instance: "PAYROLL", Encryption: "off", WindowsAuthentication: "refused", Refusal: wrong},
			signet.Guarded, nil},
		{"fake-hangup", fake{version: sql2022, setting: tds.EncryptOff},
			Facts{Version: "16.0.1000", Product: "SQL Server 2022", Encryption: "off", WindowsAuthentication: "unknown"},
			signet.Undetermined, nil},
	}
}

func recording(name string, v signet.Verdict) string {
	return filepath.Join("testdata", name+"."+v.String()+".flow")
}

// TestLive asks each fake over real connections, TLS inside TDS included. With SIGNET_RECORD_FAKES set the
// conversations become the recordings of testdata.
func TestLive(t *testing.T) {
	for i, c := range fakes() {
		t.Run(c.name, func(t *testing.T) {
			address := netip.AddrFrom4([4]byte{127, 32, 3, byte(i + 1)})
			c.fake.start(t, address.String())
			path := filepath.Join(t.TempDir(), "flow")
			if os.Getenv("SIGNET_RECORD_FAKES") != "" {
				path = recording(c.name, c.verdict)
			}
			comment := "A fake built from MS-TDS, see fake_test.go: " + strings.TrimPrefix(c.name, "fake-")
			checktest.Record(t, Check(), netip.AddrPortFrom(address, 1433), "", comment, path, checktest.Options())
			expect(t, checktest.Replay(t, Check(), path, checktest.Options()), c.want, c.verdict, c.found)
		})
	}
}

// expect compares what was learned; the certificate of a fake is new each time, and only its presence counts.
func expect(t *testing.T, r check.Result, want Facts, verdict signet.Verdict, found []check.Found) {
	t.Helper()
	if r.Outcome != signet.Answered {
		t.Fatalf("%v (%v)", r.Outcome, r.Err)
	}
	f := *r.Facts.(*Facts)
	secured := want.Encryption != encryptionNotSupported
	if (f.TLS != nil) != secured || f.TLS != nil && f.TLS.Subject != "CN=SSL_Self_Signed_Fallback" {
		t.Errorf("tls %+v", f.TLS)
	}
	want.Service, f.TLS = serviceEngine, nil
	if list := f.Instances; (len(list) == 3) != (found != nil) {
		t.Errorf("instances %+v", list)
	}
	f.Instances = nil
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got  %s\nwant %s", f.AppendJSON(nil), want.AppendJSON(nil))
	}
	if unasked := strings.Join(r.Unasked, " "); (unasked == unaskedEPA) != (want.WindowsAuthentication != windowsRefused) {
		t.Errorf("unasked %q", unasked)
	}
	if !reflect.DeepEqual(r.Found, found) {
		t.Errorf("found %+v", r.Found)
	}
	if j, err := Check().Judge(&f); err != nil || j.Verdict != verdict {
		t.Errorf("%+v, %v, want %v", j, err, verdict)
	}
}
