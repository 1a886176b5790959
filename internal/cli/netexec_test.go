package cli

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// workspace is a folder of NetExec with secrets in it, and what there is to steal.
func workspace(t *testing.T) (dir string, secrets []string) {
	t.Helper()
	dir = t.TempDir()
	secrets = []string{"Correct-Horse-77", "aad3b435b51404eeaad3b435b51404ee:8846f7eaee8fb117ad06bdd830b7586c", "svc_backup", "cookie-of-a-browser"}
	for name, statements := range map[string][]string{
		"smb.db": {
			`CREATE TABLE "hosts" ("id" integer PRIMARY KEY, "ip" text UNIQUE, "hostname" text, "domain" text, "os" text, "dc" boolean, "smbv1" boolean, "signing" boolean, "spooler" boolean, "zerologon" boolean, "petitpotam" boolean)`,
			`CREATE TABLE "users" ("id" integer PRIMARY KEY, "domain" text, "username" text, "password" text, "credtype" text, "pillaged_from_hostid" integer)`,
			`CREATE TABLE "dpapi_secrets" ("id" integer PRIMARY KEY, "host" text, "username" text, "password" text, "url" text)`,
			`INSERT INTO hosts (ip, hostname, domain, os, smbv1, signing) VALUES ('192.0.2.30', 'SRV30', 'corp.example', 'Windows Server 2022 Build 20348', 0, 0), ('192.0.2.31', 'SRV31', 'corp.example', 'Windows Server 2022 Build 20348', 0, 1)`,
			`INSERT INTO users (domain, username, password, credtype) VALUES ('CORP', 'svc_backup', 'Correct-Horse-77', 'plaintext'), ('CORP', 'admin', 'aad3b435b51404eeaad3b435b51404ee:8846f7eaee8fb117ad06bdd830b7586c', 'hash')`,
			`INSERT INTO dpapi_secrets (host, username, password, url) VALUES ('192.0.2.30', 'svc_backup', 'cookie-of-a-browser', 'https://intranet')`,
		},
		"ldap.db": {
			`CREATE TABLE hosts (id INTEGER NOT NULL, ip VARCHAR, hostname VARCHAR, domain VARCHAR, os VARCHAR, signing_required BOOLEAN, channel_binding VARCHAR, PRIMARY KEY (id))`,
			`INSERT INTO hosts (id, ip, hostname, signing_required, channel_binding) VALUES (1, '192.0.2.41', 'DC1', 1, 'Always')`,
		},
		"ssh.db": {`CREATE TABLE hosts (id INTEGER NOT NULL, host VARCHAR, port INTEGER, banner VARCHAR, os VARCHAR, PRIMARY KEY (id))`},
	} {
		db, err := sql.Open("sqlite", filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
		db.Close()
	}
	return dir, secrets
}

// TestReadNetExec: the folder of a workspace and a single database are read, what NetExec gets wrong is said, and none of
// the secrets that lie beside the hosts is anywhere in what Signet writes.
func TestReadNetExec(t *testing.T) {
	dir, secrets := workspace(t)
	out := t.TempDir()
	args := []string{"--all", "--trace", "--store", "sqlite:" + filepath.Join(out, "runs.db")}
	for _, f := range formats() {
		args = append(args, "-o", f.Name+"="+filepath.Join(out, "out."+f.Name))
	}
	stdout, stderr, code := read(t, nil, append(args, dir)...)
	if code != 0 || !strings.Contains(stderr, "of 1 it says that SMB signing is required") {
		t.Fatal(code, stderr)
	}
	written := map[string][]byte{"standard output": []byte(stdout), "standard error": []byte(stderr)}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) < len(formats())+1 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		if written[e.Name()], err = os.ReadFile(filepath.Join(out, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range written {
		for _, s := range secrets {
			for _, form := range []string{s, hex.EncodeToString([]byte(s)), base64.RawStdEncoding.EncodeToString([]byte(s))[:len(s)]} {
				if bytes.Contains(bytes.ToLower(b), bytes.ToLower([]byte(form))) {
					t.Errorf("%s holds the secret %q", name, s)
				}
			}
		}
	}
	lines := string(written["out.jsonl"])
	for _, want := range []string{`"address":"192.0.2.30","port":445,"transport":"tcp","check":"smb","outcome":"answered","verdict":"exposed"`,
		`"address":"192.0.2.31","port":445,"transport":"tcp","check":"smb","outcome":"answered","verdict":"undetermined"`,
		`"address":"192.0.2.41","port":636,"transport":"tcp","check":"ldap","outcome":"answered","verdict":"guarded"`, `"source":"NetExec"`, "SRV30"} {
		if !strings.Contains(lines, want) {
			t.Errorf("%s is not in\n%s", want, lines)
		}
	}
	if strings.Contains(lines, `"at":"1`) || strings.Contains(lines, `"at":"0`) {
		t.Errorf("no time of the file stands for the rows':\n%s", lines)
	}

	// --anonymize covers it.
	stdout, _, code = read(t, nil, "--store", "none", "--anonymize", "-o", "jsonl", filepath.Join(dir, "smb.db"))
	if code != 0 || strings.Contains(stdout, "192.0.2.") || strings.Contains(stdout, "SRV3") || !strings.Contains(stdout, `"verdict":"exposed"`) {
		t.Errorf("%d\n%s", code, stdout)
	}
	// What is not read is said where it was named, and passed over in a folder.
	if _, stderr, code := read(t, nil, "--store", "none", filepath.Join(dir, "ssh.db")); code != 1 || !strings.Contains(stderr, "none of NetExec") {
		t.Errorf("ssh.db: %d %s", code, stderr)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	b, err := os.ReadFile(filepath.Join(dir, "smb.db"))
	if err != nil {
		t.Fatal(err)
	}
	z.Write(b)
	z.Close()
	if _, stderr, code := read(t, packed.Bytes(), "--store", "none", "-"); code != 1 || !strings.Contains(stderr, "unpack it") {
		t.Errorf("packed: %d %s", code, stderr)
	}
	// A store of Signet's own is no database of NetExec.
	if _, stderr, _ := read(t, nil, "--store", "none", filepath.Join(out, "runs.db")); !strings.Contains(stderr, "none of NetExec") {
		t.Errorf("a store: %s", stderr)
	}
	if code := Run(context.Background(), Process{Args: []string{"read", "--help"}, Stdout: &packed, Stderr: &packed}); code != 0 || !strings.Contains(packed.String(), "NetExec") {
		t.Error("--help does not tell")
	}
}
