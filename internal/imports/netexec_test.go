package imports_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check/all"
	"signet/internal/imports"
)

// Schemas of NetExec and CrackMapExec as they are on disk: only what a table of hosts looks like, and tables of secrets
// beside it.
const (
	nxcSMB = `CREATE TABLE "hosts" ("id" integer PRIMARY KEY, "ip" text UNIQUE, "hostname" text, "domain" text, "os" text, "dc" boolean,
 "smbv1" boolean, "signing" boolean, "spooler" boolean, "zerologon" boolean, "petitpotam" boolean);
CREATE TABLE "users" ("id" integer PRIMARY KEY, "domain" text, "username" text, "password" text, "credtype" text, "pillaged_from_hostid" integer);
CREATE TABLE "dpapi_secrets" ("id" integer PRIMARY KEY, "host" text, "username" text, "password" text, "url" text);`
	cmeSMB = `CREATE TABLE "computers" ("id" integer PRIMARY KEY ON CONFLICT REPLACE, "ip" text, "hostname" text, "domain" text, "os" text,
 "dc" boolean, "smbv1" boolean, "signing" boolean, "spooler" boolean, "zerologon" boolean, "petitpotam" boolean);
CREATE TABLE "users" ("id" integer PRIMARY KEY, "domain" text, "username" text, "password" text);`
	nxcLDAP = `CREATE TABLE users (id INTEGER NOT NULL, domain VARCHAR, username VARCHAR, password VARCHAR, PRIMARY KEY (id));
CREATE TABLE hosts (id INTEGER NOT NULL, ip VARCHAR, hostname VARCHAR, domain VARCHAR, os VARCHAR, signing_required BOOLEAN, channel_binding VARCHAR, PRIMARY KEY (id));`
	oldLDAP  = `CREATE TABLE hosts (id INTEGER NOT NULL, ip VARCHAR, hostname VARCHAR, domain VARCHAR, os VARCHAR, PRIMARY KEY (id));`
	nxcMSSQL = `CREATE TABLE "hosts" ("id" integer PRIMARY KEY, "ip" text, "hostname" text, "domain" text, "os" text, "instances" integer);`
	nxcRDP   = `CREATE TABLE hosts (id INTEGER NOT NULL, ip VARCHAR, port INTEGER, hostname VARCHAR, domain VARCHAR, os VARCHAR, nla BOOLEAN, PRIMARY KEY (id), UNIQUE (ip));
CREATE TABLE credentials (id INTEGER NOT NULL, username VARCHAR, password VARCHAR, PRIMARY KEY (id));`
	nxcWinRM = `CREATE TABLE hosts (id INTEGER NOT NULL, ip VARCHAR, port INTEGER, hostname VARCHAR, domain VARCHAR, os VARCHAR, PRIMARY KEY (id));`
	nxcSSH   = `CREATE TABLE hosts (id INTEGER NOT NULL, host VARCHAR, port INTEGER, banner VARCHAR, os VARCHAR, PRIMARY KEY (id));`
)

// database makes a database, and gives its path.
func database(t testing.TB, name, schema string, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range append([]string{schema}, statements...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(s, err)
		}
	}
	return path
}

func netexec(t *testing.T, path string) []string {
	t.Helper()
	return verdicts(t, func(s imports.Sink) (imports.Stats, error) { return imports.NetExec(path, nil, s) })
}

// TestNetExecSMB: what a row shows how it came about is believed, and no default and no known error of NetExec.
func TestNetExecSMB(t *testing.T) {
	for _, tt := range []struct{ os, smbv1, signing, want string }{
		{`'Windows 10 / Server 2019 Build 17763'`, `0`, `0`, "exposed smb-signing-not-required"},
		{`'Windows 10 / Server 2019 Build 17763'`, `NULL`, `0`, "exposed smb-signing-not-required"}, // issue 612: SMBv1 was never stored
		{`'Windows 10 / Server 2019 Build 17763'`, `0`, `1`, "undetermined"},                        // 3.1.1 is always called required
		{`'Windows 8.1 / Server 2012 R2 Build 9600'`, `0`, `1`, "guarded"},                          // which it does not have
		{`'Windows 7 / Server 2008 R2 Build 7601'`, `1`, `1`, "undetermined smb1-enabled"},
		{`'Windows 7 / Server 2008 R2 Build 7601'`, `1`, `0`, "undetermined smb1-enabled"}, // of the session, or of the connection
		{`'Windows 10 / Server 2016 Build 14393'`, `0`, `NULL`, "undetermined"},
		{`'Unix - Samba'`, `0`, `0`, "exposed smb-signing-not-required"},
		{`'Unix - Samba'`, `0`, `1`, "undetermined"},
		{`'Windows 6.1 Build 0'`, `0`, `1`, "undetermined"},
		{`'Windows 5.1'`, `1`, `0`, "exposed smb1-enabled smb1-signing-not-required"},
		{`'Windows 5.1'`, `1`, `1`, "undetermined smb1-enabled"}, // SMB 2 was not asked
		{`'Windows 5.1'`, `NULL`, `0`, "undetermined"},           // the default, after an exception
		{`'Unix'`, `1`, `0`, "undetermined smb1-enabled"},
		{`''`, `0`, `0`, "undetermined"}, // NTLM is off
		{`''`, `0`, `1`, "undetermined"},
		{`NULL`, `NULL`, `NULL`, "undetermined"},
		{`'Windows 10 / Server 2019 Build 17763'`, `'False'`, `'False'`, "exposed smb-signing-not-required"},
		{`'Windows 10 / Server 2019 Build 17763'`, `'?'`, `7`, "undetermined"},
	} {
		for _, schema := range []string{nxcSMB, cmeSMB} {
			table := "hosts"
			if schema == cmeSMB {
				table = "computers"
			}
			path := database(t, "any-name.db", schema, fmt.Sprintf(
				`INSERT INTO %s (ip, hostname, domain, os, smbv1, signing) VALUES ('192.0.2.30', 'SRV30', 'corp.example', %s, %s, %s)`, table, tt.os, tt.smbv1, tt.signing))
			var got []string
			_, err := imports.NetExec(path, nil, func(o *signet.Observation) error {
				for _, c := range all.Checks() {
					if c.Name == o.Check {
						j, err := c.Judge(o.Facts)
						if err != nil {
							return err
						}
						got = append(got, j.Verdict.String())
						for _, b := range j.Breaches {
							got = append(got, b.Rule)
						}
					}
				}
				return nil
			})
			slices.Sort(got[1:])
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("%s, SMBv1 %s, signing %s: %v, want %s (%v)", tt.os, tt.smbv1, tt.signing, got, tt.want, err)
			}
		}
	}
}

// TestNetExecProtocols: each protocol's table, and what of it is not believed.
func TestNetExecProtocols(t *testing.T) {
	ldap := database(t, "renamed.db", nxcLDAP, `INSERT INTO hosts (id, ip, hostname, os, signing_required, channel_binding) VALUES
 (1, '192.0.2.41', 'DC1', 'Windows Server 2022 Build 20348', 1, 'Always'), (2, '192.0.2.42', 'DC2', 'Windows Server 2022 Build 20348', 0, 'Never'),
 (3, '192.0.2.43', 'DC3', '', NULL, NULL), (4, '192.0.2.44', 'DC4', 'x', 1, 'When Supported'), (5, '192.0.2.45', 'DC5', 'x', NULL, 'Unknown'),
 (6, '192.0.2.46', 'DC6', 'x', 0, 'No TLS cert'), (7, 'dc7.corp.example', 'DC7', 'x', 1, 'Always')`)
	compare(t, netexec(t, ldap), `
192.0.2.41:389 ldap undetermined NetExec
192.0.2.41:636 ldap guarded NetExec
192.0.2.42:389 ldap undetermined NetExec
192.0.2.43:389 ldap undetermined NetExec
192.0.2.44:389 ldap undetermined NetExec
192.0.2.44:636 ldap exposed NetExec
192.0.2.45:389 ldap undetermined NetExec
192.0.2.46:389 ldap undetermined NetExec
192.0.2.46:636 ldap undetermined NetExec`)
	hosts := tally{}
	st, err := imports.NetExec(ldap, hosts.see, func(o *signet.Observation) error {
		if o.Endpoint.String() == "192.0.2.41:389" && !bytes.Contains(o.Facts.AppendJSON(nil), []byte(`"signing":"required"`)) {
			t.Errorf("%s", o.Facts.AppendJSON(nil))
		}
		return nil
	})
	if err != nil || len(hosts) != 6 || len(st.Notes) != 2 || !strings.Contains(st.Notes[0], "of 2 it says that LDAP signing") || !strings.Contains(st.Notes[1], "of 1 it says that channel binding") {
		t.Errorf("%+v, %v", st, err)
	}
	compare(t, netexec(t, database(t, "ldap.db", oldLDAP, `INSERT INTO hosts (id, ip, hostname) VALUES (1, '192.0.2.41', 'DC1')`)), `
192.0.2.41:389 ldap undetermined NetExec`)
	compare(t, netexec(t, database(t, "mssql.db", nxcMSSQL, `INSERT INTO hosts (ip, hostname, os, instances) VALUES ('192.0.2.50', 'SQL1', 'Windows Server 2022 Build 20348', 2), ('2001:db8::51', 'SQL2', '', 1)`)), `
192.0.2.50:1433 mssql undetermined NetExec
[2001:db8::51]:1433 mssql undetermined NetExec`)
	compare(t, netexec(t, database(t, "rdp.db", nxcRDP, `INSERT INTO hosts (id, ip, port, hostname, os, nla) VALUES
 (1, '192.0.2.60', 3389, 'TS1', 'Windows Server 2022 Build 20348', 0), (2, '192.0.2.61', 3390, 'TS2', 'Windows Server 2022 Build 20348', 1)`)), `
192.0.2.60:3389 rdp guarded NetExec
192.0.2.61:3390 rdp undetermined NetExec`)
	compare(t, netexec(t, database(t, "winrm.db", nxcWinRM, `INSERT INTO hosts (id, ip, port, hostname, os) VALUES (1, '192.0.2.70', 5985, 'W1', ''), (2, '192.0.2.71', 5986, 'W2', '')`)), `
192.0.2.70:5985 http undetermined NetExec
192.0.2.71:5986 http undetermined NetExec`)
	for _, path := range []string{
		database(t, "ssh.db", nxcSSH), database(t, "other.db", `CREATE TABLE t (x)`),
		database(t, "smb.db", `CREATE TABLE users (ip, signing, smbv1)`, `CREATE VIEW hosts AS SELECT * FROM users`),
		database(t, "smb.db", `CREATE VIRTUAL TABLE hosts USING fts5(ip, signing, smbv1)`),
	} {
		if _, err := imports.NetExec(path, nil, func(*signet.Observation) error { return nil }); !errors.Is(err, imports.ErrNotNetExec) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestNetExecReadsHostsAlone: no page of a table of secrets is needed, and no column that is calculated from elsewhere.
func TestNetExecReadsHostsAlone(t *testing.T) {
	insert := []string{`INSERT INTO hosts (ip, hostname, os, smbv1, signing) VALUES ('192.0.2.30', 'SRV30', 'Windows 10 / Server 2019 Build 17763', 0, 0)`,
		`INSERT INTO users (domain, username, password, credtype) VALUES ('CORP', 'administrator', '` + strings.Repeat("aad3b435b51404eeaad3b435b51404ee:", 2000) + `', 'hash')`}
	path := database(t, "smb.db", nxcSMB, insert...)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(b)
	// Every page that holds a part of the secret becomes garbage, the root of its table too.
	const page = 4096
	broken := 0
	for at := page; at < len(b); at += page {
		if bytes.Contains(b[at:at+page], []byte("aad3b435b51404ee")) {
			copy(b[at:at+page], bytes.Repeat([]byte{0xff}, page))
			broken++
		}
	}
	if broken < 5 {
		t.Fatalf("%d pages hold the secret", broken)
	}
	if err := os.WriteFile(path, b, 0o400); err != nil {
		t.Fatal(err)
	}
	if got := netexec(t, path); len(got) != 1 || !strings.Contains(got[0], "exposed") {
		t.Errorf("%q", got)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(after, b) || bytes.Equal(after, before) {
		t.Error("the file was touched")
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v beside the database", entries)
	}
	// Nor is anything laid beside a database that keeps a write-ahead log.
	logged := database(t, "smb.db", nxcSMB, append([]string{"PRAGMA journal_mode=wal"}, insert...)...)
	if got := netexec(t, logged); len(got) != 1 {
		t.Errorf("%q", got)
	}
	if entries, err := os.ReadDir(filepath.Dir(logged)); err != nil || len(entries) != 1 {
		t.Errorf("%v beside the database", entries)
	}
	sly := database(t, "smb.db", `CREATE TABLE hosts (id integer PRIMARY KEY, ip text, os text, smbv1 boolean, secret text, hostname text GENERATED ALWAYS AS (secret) VIRTUAL, signing boolean)`,
		`INSERT INTO hosts (ip, os, smbv1, secret, signing) VALUES ('192.0.2.30', 'Windows 10 Build 17763', 0, 'hunter2', 0)`)
	if _, err := imports.NetExec(sly, nil, func(o *signet.Observation) error {
		if bytes.Contains(o.Facts.AppendJSON(nil), []byte("hunter2")) {
			t.Errorf("%s", o.Facts.AppendJSON(nil))
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestNetExecDamaged: what is damaged is said in one line, whatever it is.
func TestNetExecDamaged(t *testing.T) {
	path := database(t, "smb.db", nxcSMB, `INSERT INTO hosts (ip, os, signing) VALUES ('192.0.2.30', 'x', 0)`)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{16, 100, 4096, len(b) - 4096} {
		short := filepath.Join(t.TempDir(), "smb.db")
		if err := os.WriteFile(short, b[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := imports.NetExec(short, nil, func(*signet.Observation) error { return nil }); err == nil && cut < 4096 || err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	if err := os.WriteFile(path+"-wal", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if st, err := imports.NetExec(path, nil, func(*signet.Observation) error { return nil }); err != nil || !strings.Contains(strings.Join(st.Notes, "\n"), "journal") {
		t.Errorf("%+v, %v", st, err)
	}
}

func FuzzNetExec(f *testing.F) {
	for _, s := range []string{nxcSMB, nxcLDAP, nxcRDP, nxcMSSQL} {
		b, err := os.ReadFile(database(f, "smb.db", "PRAGMA page_size=512", s, `INSERT INTO hosts (ip, os) VALUES ('192.0.2.30', 'Windows 10 Build 17763')`))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	dir := f.TempDir()
	fuzz(f, func(b []byte, s imports.Sink) error {
		path := filepath.Join(dir, fmt.Sprintf("smb-%d.db", os.Getpid()))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			return err
		}
		_, err := imports.NetExec(path, nil, s)
		return err
	})
}
