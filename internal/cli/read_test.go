package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/capture/capturetest"
	"signet/internal/check/checktest"
	"signet/internal/wire/ldap"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/smb1"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// read runs `signet read` in process.
func read(t *testing.T, stdin []byte, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = Run(context.Background(), Process{
		Args: append([]string{"read"}, args...), Stdin: bytes.NewReader(stdin), Stdout: &out, Stderr: &err, Version: "test",
	})
	return out.String(), err.String(), code
}

// of turns a recording into connections of one client.
func of(t *testing.T, path, client string) []capturetest.Connection {
	t.Helper()
	f, err := checktest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []capturetest.Connection
	for i, a := range f.Attempts {
		c := capturetest.Connection{
			Client: netip.AddrPortFrom(netip.MustParseAddr(client), uint16(40000+i)), Server: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.5"), a.Port),
		}
		for _, turn := range a.Turns {
			c.Turns = append(c.Turns, capturetest.Turn{Client: turn.Client, Bytes: turn.Bytes})
		}
		out = append(out, c)
	}
	return out
}

func pcap(list []capturetest.Connection) []byte {
	return capturetest.Pcap(capturetest.Packets(list...), capturetest.Wraps()[0], binary.LittleEndian, false)
}

const sambaAuto = "../check/smb/testdata/samba-auto.exposed.flow"

// TestReadCapture: a capture is judged as a scan is, with its exit codes, from a file, a folder and standard input.
func TestReadCapture(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.pcap")
	b := pcap(of(t, sambaAuto, "192.0.2.77"))
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{file}, 0}, {[]string{dir}, 0}, {[]string{"-"}, 0}, {[]string{"--fail-on", "high", file}, 3}, {[]string{"--fail-on", "critical", file}, 0},
		{nil, 2}, {[]string{filepath.Join(dir, "none")}, 1}, {[]string{"--policy", "nosuch", file}, 2},
	} {
		stdout, stderr, code := read(t, b, append([]string{"--store", "none", "-o", "jsonl"}, c.args...)...)
		if code != c.code {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, code, c.code, stderr)
		}
		if code == 0 || code == 3 {
			if !strings.Contains(stdout, `"address":"192.0.2.5","port":445,"transport":"tcp","check":"smb","outcome":"answered","verdict":"exposed"`) {
				t.Errorf("%v: %s", c.args, stdout)
			}
		}
	}
	// What was read can be read again, and says the same.
	first, _, _ := read(t, b, "--store", "none", "-o", "jsonl", "-")
	again, _, _ := read(t, []byte(first), "--store", "none", "-o", "jsonl", "-")
	endpoint := func(s string) string {
		for l := range strings.Lines(s) {
			if _, l, ok := strings.Cut(l, `"address"`); ok && strings.Contains(l, `"check":"smb"`) {
				return l
			}
		}
		return ""
	}
	if endpoint(first) == "" || endpoint(first) != endpoint(again) {
		t.Errorf("first %s\nagain %s", endpoint(first), endpoint(again))
	}
	damaged := append(append([]byte{}, b...), 1, 2, 3)
	if _, stderr, code := read(t, damaged, "--store", "none", "--fail-on", "critical", "-"); code != 4 || !strings.Contains(stderr, "damaged at byte") {
		t.Errorf("damaged: exit code %d, %s", code, stderr)
	}
	if _, stderr, code := read(t, []byte("GMBU\x03\x02\x01\x00"), "--store", "none", "-"); code != 1 || !strings.Contains(stderr, "Network Monitor") {
		t.Errorf("NetMon: exit code %d, %s", code, stderr)
	}
}

// Secrets of the test's own clients.
const (
	password = "Correct-Horse-77"
	cookie   = "SESSION=0123456789deadbeefcafe"
)

// logons is a capture of clients that log on in every way that has something to steal, and what there is to steal.
func logons(t *testing.T) (file []byte, secrets [][]byte) {
	t.Helper()
	challenge, err := hex.DecodeString("4e544c4d53535000020000000800080038000000358289e2a1b2c3d4e5f60718000000000000000024002400400000000a0063450000000f43004f0052005000" +
		"02000800" + "43004f0052005000" + "01000800" + "5300520056003100" + "0700080000c0a1b2c3d4dc01" + "00000000")
	if err != nil {
		t.Fatal(err)
	}
	auth, err := ntlmssp.Authenticate(ntlmssp.Negotiate(), challenge, ntlmssp.Logon{
		User: "alice", Domain: "CORP", Workstation: "WS1", Key: [16]byte([]byte("sixteen byte key")), ClientChallenge: [8]byte([]byte("CLNTCHAL")),
		Time: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), TargetName: "cifs/srv1.corp.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := len(auth); c < 200 {
		t.Fatalf("an AUTHENTICATE of %d bytes", c)
	}
	secrets = append(secrets, []byte(password), []byte(cookie), []byte("0123456789deadbeefcafe"), []byte("CLNTCHAL"), []byte("b2c3d4e5"))
	le := binary.LittleEndian
	for _, at := range []int{12, 20} { // the LM and NT responses
		n, off := int(le.Uint16(auth[at:])), int(le.Uint32(auth[at+4:]))
		if n >= 16 && !bytes.Equal(auth[off:off+16], make([]byte, 16)) { // an LM response beside NTLMv2 is empty
			secrets = append(secrets, auth[off:off+16])
		}
	}
	if mic := auth[72:88]; !bytes.Equal(mic, make([]byte, 16)) {
		secrets = append(secrets, mic)
	}
	ask, say := func(b []byte) capturetest.Turn { return capturetest.Turn{Client: true, Bytes: b} }, func(b []byte) capturetest.Turn { return capturetest.Turn{Bytes: b} }
	client := func(port uint16, turns ...capturetest.Turn) capturetest.Connection {
		return capturetest.Connection{Client: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.77"), 50000+port), Server: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.5"), port), Turns: turns}
	}
	smb := of(t, sambaAuto, "192.0.2.77")[1]
	smb.Turns = append(smb.Turns, ask(smb2.AppendSessionSetup(nil, &smb2.SessionSetupRequest{MessageID: 2, Token: spnego.AppendResp(nil, auth)})))
	old := client(139, ask(smb1.AppendNegotiate(nil)), ask(smb1.AppendSessionSetup(nil, auth)))
	b64 := base64.StdEncoding.EncodeToString
	get := func(authorization string) []byte {
		return []byte("GET /certsrv/?token=" + password + " HTTP/1.1\r\nHost: srv1\r\nUser-Agent: Microsoft-WebDAV-MiniRedir/10.0\r\nCookie: " + cookie + "\r\n" + authorization + "\r\n")
	}
	web := client(80,
		ask(get("")), say([]byte("HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/10.0\r\nSet-Cookie: "+cookie+"\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n")),
		ask(get("Authorization: NTLM "+b64(ntlmssp.Negotiate())+"\r\n")),
		say([]byte("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM "+b64(challenge)+"\r\nContent-Length: 0\r\n\r\n")),
		ask(get("Authorization: NTLM "+b64(auth)+"\r\n")), say([]byte("HTTP/1.1 200 OK\r\nSet-Cookie: "+cookie+"\r\nContent-Length: 0\r\n\r\n")),
		ask(get("Authorization: Basic "+b64([]byte("bob:"+password))+"\r\n")), say([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")))
	directory := client(389,
		ask(ldap.AppendSimpleBind(nil, 1, "CN=carol,DC=corp,DC=example", password)), say(ldap.AppendBindResponse(nil, 1, ldap.BindResponse{})),
		ask(ldap.AppendSASLBind(nil, 2, "GSS-SPNEGO", ntlmssp.Negotiate())), say(ldap.AppendBindResponse(nil, 2, ldap.BindResponse{Result: ldap.Result{Code: ldap.SaslBindInProgress}, SASLCreds: challenge})),
		ask(ldap.AppendSASLBind(nil, 3, "GSS-SPNEGO", auth)), say(ldap.AppendBindResponse(nil, 3, ldap.BindResponse{})))
	mail := client(25, say([]byte("220 srv1 ESMTP\r\n")), ask([]byte("EHLO ws1\r\n")), say([]byte("250-srv1\r\n250 AUTH NTLM PLAIN\r\n")),
		ask([]byte("AUTH PLAIN "+b64([]byte("\x00dave\x00"+password))+"\r\n")), say([]byte("235 ok\r\n")),
		ask([]byte("AUTH NTLM\r\n")), say([]byte("334 \r\n")), ask([]byte(b64(ntlmssp.Negotiate())+"\r\n")), say([]byte("334 "+b64(challenge)+"\r\n")), ask([]byte(b64(auth)+"\r\n")))
	list := []capturetest.Connection{smb, old, web, directory, mail}
	others, more := otherLogons(client, ask, say)
	return pcap(append(list, others...)), append(secrets, more...)
}

// otherLogons are NTLMv1, Kerberos, bearer tokens, digests, and passwords in the clear of protocols of every kind.
func otherLogons(client func(uint16, ...capturetest.Turn) capturetest.Connection, ask, say func([]byte) capturetest.Turn) (list []capturetest.Connection, secrets [][]byte) {
	b64 := base64.StdEncoding.EncodeToString
	lm, nt, ticket := []byte("LM-response-of-24-bytes!"), []byte("NT-response-of-24-bytes?"), []byte("a-ticket-that-opens-doors")
	const bearer, digest, session = "eyJhbGciOi.bearer.token0", "6629fae49393a05397450978507c4ef1", "JSESSION0123456789abcdef"
	secrets = [][]byte{lm, nt, ticket, []byte(bearer), []byte(digest), []byte(session)}
	le := binary.LittleEndian
	v1 := append([]byte("NTLMSSP\x00\x03\x00\x00\x00"), make([]byte, 52)...)
	for _, part := range []struct {
		at    int
		value []byte
	}{{12, lm}, {20, nt}, {28, []byte("C\x00")}, {36, []byte("e\x00v\x00e\x00")}, {44, []byte("W\x00")}} {
		le.PutUint16(v1[part.at:], uint16(len(part.value)))
		le.PutUint16(v1[part.at+2:], uint16(len(part.value)))
		le.PutUint32(v1[part.at+4:], uint32(len(v1)))
		v1 = append(v1, part.value...)
	}
	le.PutUint32(v1[60:], 0x00008201)
	apReq := append([]byte("\x60\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00\x6e\x81\x80"), ticket...)
	const no = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"
	get := func(authorization string) capturetest.Turn {
		return ask([]byte("GET http://frank:" + password + "@srv1/app;jsessionid=" + session + " HTTP/1.1\r\nAuthorization: " + authorization + "\r\n\r\n"))
	}
	web := client(8080, get("Negotiate "+b64(v1)), say([]byte(no)), get("Negotiate "+b64(apReq)), say([]byte(no)), get("Bearer "+bearer), say([]byte(no)),
		get(`Digest username="gina", nonce="x", response="`+digest+`"`), say([]byte(no)))
	web.Turns = append(web.Turns, ask([]byte("POST /login HTTP/1.1\r\nContent-Length: 38\r\n\r\nuser=hugo&password="+password+"&ok=1\r\n")), say([]byte(no)))
	smb := client(4450, ask(smb1.AppendNegotiate(nil)), ask(smb1.AppendSessionSetup(nil, v1)), ask(smb1.AppendSessionSetup(nil, apReq)))
	directory := client(3890, ask(ldap.AppendSASLBind(nil, 1, "PLAIN", []byte("\x00ida\x00"+password))), say(ldap.AppendBindResponse(nil, 1, ldap.BindResponse{})),
		ask(ldap.AppendSASLBind(nil, 2, "GSS-SPNEGO", apReq)), say(ldap.AppendBindResponse(nil, 2, ldap.BindResponse{})))
	smtp := client(587, say([]byte("220 mx ESMTP\r\n")), ask([]byte("EHLO ws1\r\n")), say([]byte("250 AUTH LOGIN\r\n")), ask([]byte("AUTH LOGIN\r\n")), say([]byte("334 VXNlcm5hbWU6\r\n")),
		ask([]byte(b64([]byte("jane"))+"\r\n")), say([]byte("334 UGFzc3dvcmQ6\r\n")), ask([]byte(b64([]byte(password))+"\r\n")), say([]byte("235 ok\r\n")))
	imap := client(143, say([]byte("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")), ask([]byte("a login kim "+password+"\r\n")), say([]byte("a OK\r\n")))
	pop3 := client(110, say([]byte("+OK POP3 ready\r\n")), ask([]byte("USER leo\r\n")), say([]byte("+OK\r\n")), ask([]byte("PASS "+password+"\r\n")), say([]byte("+OK\r\n")))
	ftp := client(21, say([]byte("220 FTP\r\n")), ask([]byte("USER mia\r\n")), say([]byte("331 go on\r\n")), ask([]byte("PASS "+password+"\r\n")), say([]byte("230 ok\r\n")))
	return []capturetest.Connection{web, smb, directory, smtp, imap, pop3, ftp}, secrets
}

// TestReadKeepsNoSecret: no output, no warning and no store holds anything of a logon that could be cracked or replayed,
// in the clear, in hex or in base64; and yet who logged on where is told.
func TestReadKeepsNoSecret(t *testing.T) {
	file, secrets := logons(t)
	dir := t.TempDir()
	args := []string{"--trace", "--all", "--store", "sqlite:" + filepath.Join(dir, "runs.db")}
	for _, f := range formats() {
		args = append(args, "-o", f.Name+"="+filepath.Join(dir, "out."+f.Name))
	}
	stdout, stderr, code := read(t, file, append(args, "-")...)
	if code != 0 {
		t.Fatal(code, stderr)
	}
	outputs := map[string]string{"standard output": stdout, "standard error": stderr}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < len(formats())+1 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		outputs[e.Name()] = string(b)
	}
	for name, text := range outputs {
		lower := strings.ToLower(text)
		for _, s := range secrets {
			if bytes.Contains([]byte(text), s) || strings.Contains(lower, hex.EncodeToString(s)) {
				t.Errorf("%s holds the secret %q", name, s)
			}
			for shift := range 3 { // base64 of the same bytes at every alignment
				enc := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
				if enc = enc[4 : len(enc)-2]; len(enc) >= 8 && strings.Contains(text, enc) {
					t.Errorf("%s holds the secret %q in base64", name, s)
				}
			}
		}
	}
	type client struct {
		Kind string
		signet.Client
	}
	seen := map[string]client{}
	for l := range strings.Lines(outputs["out.jsonl"]) {
		var c client
		if json.Unmarshal([]byte(l), &c) == nil && c.Kind == "client" {
			seen[c.Check+" "+c.Logon+" "+c.User] = c
		}
	}
	for _, want := range []string{"smb ntlm alice", "smb ntlm eve", "http ntlm alice", "http ntlm eve", "http basic bob", "ldap simple CN=carol,DC=corp,DC=example", "ldap ntlm alice", "mail ntlm alice", "mail plain dave", "mail plain jane", "mail plain kim", "mail plain leo"} {
		if _, ok := seen[want]; !ok {
			t.Errorf("no client line of %s", want)
		}
	}
	c := seen["http ntlm alice"]
	if c.Workstation != "WS1" || c.Domain != "CORP" || c.Target != "cifs/srv1.corp.example" || c.Response != "ntlmv2" || !c.WebDAV || c.MIC == nil || !*c.MIC || c.Sign == nil || *c.Sign || c.Binding != "absent" {
		t.Errorf("%+v", c)
	}
}

// TestReadAnonymizes: no name and no address of the capture is in the output, and the verdicts stay.
func TestReadAnonymizes(t *testing.T) {
	file, _ := logons(t)
	plain, _, _ := read(t, file, "--store", "none", "-o", "jsonl", "-")
	path := filepath.Join(t.TempDir(), "corp-hq.pcap")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _, code := read(t, nil, "--store", "none", "--anonymize", "-o", "jsonl", path)
	if strings.Contains(stdout, "corp-hq") {
		t.Error("the name of the file is in the output")
	}
	if code != 0 {
		t.Fatal(code)
	}
	for _, name := range []string{"192.0.2.", "alice", "CORP", "carol", "bob", "dave", "jane", "WS1", "srv1", "SIGLAB", "siglab", "SRV1"} {
		if strings.Contains(stdout, name) {
			t.Errorf("%s is in the output:\n%s", name, stdout)
		}
		if name != "SIGLAB" && name != "siglab" && name != "srv1" && !strings.Contains(plain, name) {
			t.Errorf("%s is not in the plain output either: the test proves nothing", name)
		}
	}
	if a, b := strings.Count(plain, `"verdict":"exposed"`), strings.Count(stdout, `"verdict":"exposed"`); a == 0 || a != b {
		t.Errorf("%d exposed, %d when anonymized", a, b)
	}
}

// TestReadVerdicts: what other people's logons prove is judged by the checks' own rules.
func TestReadVerdicts(t *testing.T) {
	file, _ := logons(t)
	stdout, _, _ := read(t, file, "--store", "none", "-o", "jsonl", "-")
	want := map[string]string{
		"smb 445": "smb-signing-not-required", "http 80": "adcs-web-enrollment-ntlm-http", "ldap 389": "ldap-signing-not-required", "mail 25": "mail-ntlm-plain",
	}
	for l := range strings.Lines(stdout) {
		var e struct {
			Kind, Check, Verdict, Source string
			Port                         int
			Findings                     []struct{ Rule string }
		}
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			continue // a line of another shape
		}
		key := e.Check + " " + strconv.Itoa(e.Port)
		rule, ok := want[key]
		if e.Kind != "endpoint" || !ok {
			continue
		}
		delete(want, key)
		if len(e.Findings) == 0 || e.Findings[0].Rule != rule || e.Verdict != "exposed" || e.Source != "capture" {
			t.Errorf("%s: %+v, want %s", key, e, rule)
		}
	}
	if len(want) > 0 {
		t.Errorf("not heard: %v", want)
	}
}
