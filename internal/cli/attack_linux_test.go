package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"
)

// What an attacker tries of `signet serve`, a test each: `go test -run TestAttack ./internal/cli`. They are made on the program as it is
// installed, in a process of its own. Beside them stand those that need a clock or a network of their own:
//
//	another site's page      TestAttackOtherOrigin · web: TestCrossOriginCalls · front: TestCrossOrigin
//	session fixation         TestAttackFixation · web: TestCookie · desk: TestSessions, TestChangePassword
//	another's IDs            TestAttackForeignIDs · web: TestEveryRouteForEveryRole, TestForeignSite, TestMetrics · pages: TestWhoSees
//	paths out of the server  TestAttackPaths
//	hostile names, tickets   TestAttackNames · pages: TestEveryLink, TestTicketLinks · desk: TestTicket
//	formulas                 TestAttackFormulas · report: TestCSVFormulas · xlsx
//	DNS rebinding            TestAttackRebinding · front: TestHost
//	single sign-on           web/signon: TestAttackSSO… (tokens, answers, return paths, what a provider names, renewals, secrets)
//	guessing passwords       TestAttackGuessing · desk: TestGuessing…, TestWrongNameCostsTheSame
//	floods of logons         TestAttackHashFlood · desk: TestHashFlood
//	forged proxies           TestAttackForwarded · front: TestForwarded, TestBehindProxy
//	a second set-up          TestAttackSecondSetUp · desk: TestSetUp…
//	secrets that leak        TestAttackSecrets · desk: TestNoSecretIsStored · web: TestProblems, TestInside
//	frames, caches, CORS     TestAttackFrames · front: TestHeaders
//	slow and idle clients    TestAttackIdle · front: TestSlow, TestConnections, TestConnectionsOfOne · web: TestStreams
//	bombs                    TestAttackImportBombs · web: TestImport · line: TestLimits…
//	smuggled requests        TestAttackSmuggling
//	channels that lead here  TestAttackChannels · notify: TestOutOfReach (names that change, the server's own port), TestAnswers
//	templates, mail headers  TestAttackChannels · notify: TestTemplates, TestMail, TestExim
//	secrets of channels      TestAttackChannelSecrets · seal · notify: TestAnswers, TestMailThatDoesNotGoOut
//	scope escape             TestAttackScope… · run: TestLimits… · hub: TestJobsGoOnWithin

// visitor is a browser or a program at an address of its own: what one address did too often is not held against another.
type visitor struct {
	t    *testing.T
	s    *server
	http http.Client
}

func (s *server) visitor(t *testing.T, addr string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, s, http.Client{Jar: jar, Timeout: time.Minute, Transport: transportFrom(addr),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// transportFrom sends from an address of loopback.
func transportFrom(addr string) *http.Transport {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}, Timeout: 10 * time.Second}
	return &http.Transport{DialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
		return d.DialContext(ctx, network, at)
	}}
}

// answer is how a request was answered.
type answer struct {
	status int
	header http.Header
	text   string
}

// field is what the answer, a JSON object, has by a name.
func (a *answer) field(name string) string {
	var v map[string]any
	json.Unmarshal([]byte(a.text), &v)
	s, _ := v[name].(string)
	return s
}

// send sends a body that is text, bytes, nil or made JSON. headers are "Name: value", and Host goes as the host.
func (v *visitor) send(method, path string, body any, headers ...string) *answer {
	v.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	case []byte:
		r = bytes.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			v.t.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequest(method, v.s.url+path, r)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Add(name, value)
	}
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &answer{res.StatusCode, res.Header, string(b)}
}

// call calls the API, and wants a status.
func (v *visitor) call(status int, method, path string, body any, headers ...string) *answer {
	v.t.Helper()
	a := v.send(method, "/api/v1/"+path, body, headers...)
	if a.status != status {
		v.t.Fatalf("%s %s: %d %.600s, want %d", method, path, a.status, a.text, status)
	}
	return a
}

type object = map[string]any

// first sets the server up, and is its first user.
func (s *server) first(t *testing.T) *visitor {
	t.Helper()
	v := s.visitor(t, "127.0.0.1")
	v.call(201, "POST", "setup", object{"token": s.setUp, "name": "ada", "password": servePassword})
	return v
}

// user makes another user, and logs on as it.
func (v *visitor) user(name, role, addr string, sites ...string) *visitor {
	v.t.Helper()
	v.call(201, "POST", "users", object{"name": name, "password": servePassword, "role": role, "sites": sites})
	u := v.s.visitor(v.t, addr)
	u.call(200, "POST", "session", object{"name": name, "password": servePassword})
	return u
}

// cookie is the secret of the session that a browser has.
func (v *visitor) cookie() string {
	v.t.Helper()
	req, err := http.NewRequest("GET", v.s.url, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.http.Jar.Cookies(req.URL) {
		if c.Name == "signet" {
			return c.Value
		}
	}
	return ""
}

// done waits for the end of a job, and gives its answer.
func (v *visitor) done(id string) *answer {
	v.t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		j := v.call(200, "GET", "jobs/"+id, nil)
		if s := j.field("state"); s == "done" || s == "failed" || s == "stopped" {
			return j
		}
		if time.Since(begin) > 40*time.Second {
			v.t.Fatalf("after 40 s the job is %s", j.text)
		}
	}
}

// launch has a job run to its end, and gives its run.
func (v *visitor) launch(order object) string {
	v.t.Helper()
	j := v.done(v.call(202, "POST", "jobs", order).field("id"))
	if j.field("state") != "done" {
		v.t.Fatalf("the job: %s", j.text)
	}
	return j.field("run")
}

// items are the items of a list.
func (v *visitor) items(path string) (list []object) {
	v.t.Helper()
	var l struct{ Items []object }
	if err := json.Unmarshal([]byte(v.call(200, "GET", path, nil).text), &l); err != nil {
		v.t.Fatal(err)
	}
	return l.Items
}

// entries is how many entries the audit log has.
func (v *visitor) entries() float64 {
	v.t.Helper()
	n, _ := v.items("audit?limit=1")[0]["seq"].(float64)
	return n
}

// routes are the calls of the API as the server itself lists them: "GET /api/v1/sites/{id}".
func (v *visitor) routes() (list []string) {
	v.t.Helper()
	var doc struct{ Paths map[string]object }
	if err := json.Unmarshal([]byte(v.call(200, "GET", "openapi.json", nil).text), &doc); err != nil {
		v.t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for m := range methods {
			if m = strings.ToUpper(m); m == "GET" || m == "POST" || m == "PATCH" || m == "DELETE" || m == "PUT" {
				list = append(list, m+" "+path)
			}
		}
	}
	if len(list) < 40 {
		v.t.Fatalf("the server lists %d calls", len(list))
	}
	return list
}

// raw sends bytes as they are, and gives all that comes back until the server closes, or for a while.
func (s *server) raw(t *testing.T, text string) string {
	t.Helper()
	host := strings.TrimPrefix(s.url, "http://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, strings.ReplaceAll(text, "HOST", host))
	c.SetReadDeadline(time.Now().Add(time.Second))
	b, _ := io.ReadAll(c) // what came before the deadline, or a reset, is what was answered
	return string(b)
}
