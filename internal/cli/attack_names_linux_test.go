package cli

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/net/html"
)

// evil is a name that makes an element wherever it is written as it came.
const evil = `"'><x-evil onload=x></title></script></style></textarea><x-evil>{{.}}`

// challenge is a CHALLENGE message of NTLM (MS-NLMP 2.2.1.2) of a server that calls itself and its domain by one name.
func challenge(name string) string {
	text := func(s string) (b []byte) {
		for _, u := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		return b
	}
	var pairs []byte
	for _, id := range []uint16{2, 1, 4, 3, 5} { // NetBIOS and DNS names of domain and computer, and of the forest
		v := text(name)
		pairs = binary.LittleEndian.AppendUint16(pairs, id)
		pairs = binary.LittleEndian.AppendUint16(pairs, uint16(len(v)))
		pairs = append(pairs, v...)
	}
	pairs = append(pairs, 0, 0, 0, 0)
	target := text(name)
	b := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	field := func(n, at int) {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint32(b, uint32(at))
	}
	field(len(target), 56)
	b = binary.LittleEndian.AppendUint32(b, 0x02898205)
	b = append(b, "12345678"...)
	b = append(b, make([]byte, 8)...)
	field(len(pairs), 56+len(target))
	b = append(b, 10, 0, 0x63, 0x45, 0, 0, 0, 15)
	return base64.StdEncoding.EncodeToString(append(append(b, target...), pairs...))
}

// hostile are web servers, one of them by TLS, whose every text is a name of an attacker's. It gives where they listen.
func hostile(t *testing.T, addr, name string) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{name}}, DNSNames: []string{name, "*." + name}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Microsoft-IIS/10.0 "+name)
		w.Header().Set("X-Powered-By", name)
		if strings.HasPrefix(r.Header.Get("Authorization"), "NTLM ") {
			w.Header().Set("WWW-Authenticate", "NTLM "+challenge(name))
		} else {
			w.Header()["Www-Authenticate"] = []string{"NTLM", `Basic realm="` + name + `"`}
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, "<title>%s</title>", name)
	})
	var at []string
	for _, secure := range []bool{false, true} {
		l, err := net.Listen("tcp4", addr+":0")
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, l.Addr().String())
		if secure {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
		}
		srv := &http.Server{Handler: h}
		go srv.Serve(l)
		t.Cleanup(func() { srv.Close() })
	}
	return at
}

// made are the elements and attributes of a page that a name of an attacker's made.
func made(t *testing.T, page string) (list []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "x-evil" || slices.Contains([]string{"iframe", "object", "embed", "base"}, n.Data) {
			list = append(list, "<"+n.Data+">")
		}
		for _, a := range n.Attr {
			scheme := strings.ToLower(strings.TrimSpace(a.Val))
			if strings.HasPrefix(a.Key, "on") || strings.Contains(a.Key, "evil") || strings.HasPrefix(scheme, "javascript:") || a.Key == "href" && strings.HasPrefix(scheme, "data:") {
				list = append(list, fmt.Sprintf("<%s %s=%q>", n.Data, a.Key, a.Val))
			}
		}
	}
	return list
}

// TestAttackNames: servers whose names, certificates and banners are elements of a page make none, neither of the pages, the picture of
// paths among them, nor of the report that is downloaded. A ticket is no script.
func TestAttackNames(t *testing.T) {
	s := startServer(t, t.TempDir(), nil, "--allow", "127.32.22.0/24")
	c := s.first(t)
	at := hostile(t, "127.32.22.1", evil)
	c.call(201, "POST", "sites", object{"name": evil, "targets": at, "checks": []string{"http"}, "owner": evil})
	before, after := c.launch(object{"site": evil}), c.launch(object{"site": evil})
	row := c.items("findings")[0]
	id, rule := row["id"].(string), row["rule"].(string)
	c.call(200, "PATCH", "findings/"+id, object{"owner": evil, "comment": evil, "ticket": "https://t.example/?" + "a=%3Cx-evil%3E"})
	for _, ticket := range []string{"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>1</script>", "vbscript:x", "file:///etc/passwd",
		"//evil.example", "/path", "https:evil.example", "https://user:word@t.example/", `https://t.example/"onclick=x`, "https://t.example/<x-evil>", "\x00https://t.example", "blob:https://t.example/x"} {
		if a := c.send("PATCH", "/api/v1/findings/"+id, object{"ticket": ticket}); a.status != 422 {
			t.Errorf("the ticket %q: %d", ticket, a.status)
		}
	}
	c.call(201, "POST", "exceptions", object{"rule": rule, "scope": []string{"192.0.2.1"}, "owner": evil, "reason": evil, "until": "2099-01-01"})
	c.call(201, "POST", "users", object{"name": evil, "password": servePassword, "role": "viewer"})
	c.call(201, "POST", "tokens", object{"name": evil, "role": "viewer"})
	shown := map[string]int{}
	host := c.items("hosts")[0]["id"].(string)
	port := strings.Split(at[1], ":")[1]
	todo := []string{"/", "/board", "/board/" + id, "/hosts", "/hosts/" + host, "/hosts/" + host + "/evidence?check=http&port=" + port, "/paths",
		"/runs", "/runs/" + before, "/diff?old=" + before + "&new=" + after, "/jobs", "/jobs/" + c.items("jobs")[0]["id"].(string), "/sites", "/sites/" + c.items("sites")[0]["id"].(string), "/exceptions", "/users", "/tokens", "/audit", "/me",
		"/hosts?q=" + "%22%3E%3Cx-evil%3E", "/board?q=" + "%3Cx-evil%3E", "/nothing/%3Cx-evil%3E", "/api/v1/runs/" + after + "/report?format=html"}
	for i := 0; i < len(todo); i++ {
		path := todo[i]
		a := c.send("GET", path, nil)
		for _, link := range regexp.MustCompile(`href="(/paths\?[^"]+)"`).FindAllStringSubmatch(a.text, -1) { // the picture opens step by step
			if to := html.UnescapeString(link[1]); !slices.Contains(todo, to) && len(todo) < 60 {
				todo = append(todo, to)
			}
		}
		if a.status >= 500 || a.status == 400 {
			t.Errorf("GET %s: %d", path, a.status)
		}
		if list := made(t, a.text); len(list) > 0 {
			t.Errorf("GET %s: names made %v", path, list)
		}
		kind, _, _ := strings.Cut(path[1:], "/")
		kind, _, _ = strings.Cut(kind, "?")
		shown[kind] += strings.Count(a.text, "x-evil")
	}
	for _, kind := range []string{"board", "hosts", "paths", "sites", "exceptions", "users", "tokens", "api"} {
		if shown[kind] == 0 {
			t.Errorf("no page of /%s shows the name, so that the test shows nothing there", kind)
		}
	}
	nobody := s.visitor(t, "127.32.22.9")
	for _, to := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "/\tevil", "javascript:alert(1)", `/"><x-evil>`} {
		a := nobody.send("GET", "/login?to="+strings.NewReplacer("\t", "%09", `"`, "%22", "<", "%3C", ">", "%3E").Replace(to), nil)
		if list := made(t, a.text); len(list) > 0 || strings.Contains(a.text, "evil.example") {
			t.Errorf("log in, then %s: %v %s", to, list, a.text)
		}
	}
}

// sampleLines are the lines of the run that `signet demo` shows.
func sampleLines(t *testing.T) string {
	t.Helper()
	f, err := os.Open("../sample/sample.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAttackFormulas: no cell of a table that is downloaded is calculated by whoever opens it.
func TestAttackFormulas(t *testing.T) {
	s := startServer(t, t.TempDir(), nil)
	c := s.first(t)
	formulas := []string{`=HYPERLINK(1)`, `+1+1`, `-2+3`, `@SUM(1)`, `\t=1`, `\r=1`, `=cmd|' /C calc'!A0`, `x;=1`, `\" =1`, `\u200b=1`}
	lines := strings.Split(sampleLines(t), "\n")
	for i := range lines {
		f := formulas[i%len(formulas)]
		lines[i] = strings.ReplaceAll(lines[i], `"transport":"tcp",`, `"transport":"tcp","name":"`+f+`",`)
		lines[i] = strings.ReplaceAll(lines[i], `"text":"`, `"text":"`+f)
		lines[i] = strings.ReplaceAll(lines[i], `"path":"/`, `"path":"`+f+`/`)
	}
	c.call(201, "POST", "runs/import", strings.Join(lines, "\n"))
	run := c.items("runs")[0]["id"].(string)
	formula := regexp.MustCompile(`^[ "]*[=+\-@\t\r]|;[ "]*[=+\-@]`)
	for begin := time.Now(); len(c.items("findings?limit=1")) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("after 20 s the run is not read")
		}
	}
	c.call(200, "PATCH", "findings/"+c.items("findings?limit=1")[0]["id"].(string), object{"owner": "x;=1", "comment": "=1\n+2;@3"})
	board := c.call(200, "GET", "tables/findings", nil).text
	var rows [][]string
	for _, text := range []string{c.call(200, "GET", "runs/"+run+"/report?format=csv", nil).text, board} {
		more, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if err != nil || len(more) < 50 {
			t.Fatalf("%d rows, %v", len(more), err)
		}
		rows = append(rows, more...)
	}
	if a := c.call(200, "PUT", "tables/findings", board, "Content-Type: text/csv"); !strings.Contains(a.text, `"changed":0,`) || !strings.Contains(a.text, `"left":0,`) {
		t.Errorf("the board as it went out comes to %.300s", a.text)
	}
	defused := 0
	for _, row := range rows {
		for i, cell := range row {
			if formula.MatchString(cell) {
				t.Errorf("column %d: %q", i, cell)
			}
			if strings.HasPrefix(cell, "'=") || strings.HasPrefix(cell, "'+") || strings.HasPrefix(cell, "'-") || strings.HasPrefix(cell, "'@") {
				defused++
			}
		}
	}
	if defused < 50 {
		t.Errorf("only %d cells were formulas, so that the test shows little", defused)
	}
	book := []byte(c.call(200, "GET", "runs/"+run+"/report?format=xlsx", nil).text)
	r, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	cells := 0
	for _, file := range r.File {
		in, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file.Name, ".xml") && !strings.HasSuffix(file.Name, ".rels") || regexp.MustCompile(`<f[ >]|<ddeLink|externalLink|TargetMode="External"`).Match(b) {
			t.Errorf("%s holds what is no table of texts", file.Name)
		}
		for _, text := range regexp.MustCompile(`<t[^>]*>([^<]*)</t>`).FindAllSubmatch(b, -1) {
			if cells++; formula.MatchString(html.UnescapeString(string(text[1]))) {
				t.Errorf("%s: %q", file.Name, text[1])
			}
		}
	}
	if cells < 1000 {
		t.Errorf("only %d cells were looked at", cells)
	}
}
