package signet_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// line is the law of one room, or of all rooms that a pattern stands for.
type line struct {
	floor  int
	room   string
	allows []string // besides the root package
	never  []string // standard and other packages
}

// law is the import lattice of the house, floor by floor. A room may import rooms of lower floors that its line
// allows, never one of its own floor, and none of the packages it is forbidden. "wire/*" stands for every room there.
//
// Tests are not bound by it: they prove that rooms work together.
var law = []line{
	{0, "", nil, []string{"context", "net", "os", "log", "log/slog", "time/tzdata", "sync"}},
	{0, "internal/wire/ber", nil, wireNever},
	{0, "internal/wire/*", []string{"internal/wire/ber"}, wireNever},
	{0, "internal/certificate", nil, []string{"net", "os", "context", "crypto/tls", "log", "log/slog", "sync"}},
	{0, "internal/bounds", nil, []string{"net", "os", "context", "log", "log/slog", "sync", "time"}},
	{0, "internal/text", nil, []string{"net", "net/netip", "os", "io", "context", "log", "log/slog", "sync", "time"}},
	{0, "internal/seal", nil, []string{"net", "net/netip", "os", "io", "context", "log", "log/slog", "sync", "time"}},
	{0, "internal/reach", nil, []string{"os", "os/exec", "io", "context", "log", "log/slog", "sync", "time", "net/http"}},
	{0, "internal/decode", nil, []string{"net", "net/netip", "os", "io", "context", "log", "log/slog", "time"}},
	{1, "internal/check", []string{"internal/wire/*", "internal/certificate", "internal/text", "internal/decode"}, []string{"net", "os", "context", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog"}},
	{1, "internal/line", []string{"internal/text", "internal/bounds"}, []string{"net", "os", "context", "log", "log/slog", "sync", "database/sql"}},
	{1, "internal/sheet", nil, []string{"net", "net/netip", "os", "context", "log", "log/slog", "sync", "time"}},
	{1, "internal/dial", []string{"internal/certificate"}, []string{"os/exec", "log", "log/slog", "net/http"}},
	{2, "internal/check/*", []string{"internal/wire/*", "internal/check", "internal/text"}, []string{"net", "os", "context", "math/rand", "math/rand/v2", "crypto/rand", "crypto/tls", "log", "log/slog", "net/http", "sync"}},
	{3, "internal/check/all", []string{"internal/check", "internal/check/*"}, []string{"net", "os", "context"}},
	{2, "internal/store", []string{"internal/check", "internal/line"}, []string{"net", "os", "os/exec", "log", "log/slog", "net/http", "database/sql"}},
	{3, "internal/store/reading", []string{"internal/store"}, []string{"net", "os", "os/exec", "log", "log/slog", "net/http"}},
	{4, "internal/store/*", []string{"internal/store", "internal/store/reading"}, []string{"os/exec", "log", "log/slog", "net/http"}},
	{4, "internal/store/postgres", []string{"internal/store", "internal/store/reading", "internal/reach"}, []string{"os/exec", "log", "log/slog", "net/http"}},
	{4, "internal/scope", []string{"internal/bounds"}, []string{"net", "os/exec", "log", "log/slog", "net/http"}},
	{3, "internal/sweep", []string{"internal/dial"}, []string{"os/exec", "log", "log/slog", "net/http", "database/sql"}},
	{3, "internal/engine/queue", nil, []string{"net", "net/netip", "os", "context", "log", "log/slog", "sync", "time"}},
	{3, "internal/engine/capacity", nil, []string{"net", "net/netip", "context", "log", "log/slog", "sync"}},
	{4, "internal/engine", []string{"internal/check", "internal/dial", "internal/sweep", "internal/engine/queue", "internal/engine/capacity"}, []string{"log", "log/slog", "os/exec", "net/http", "database/sql"}},
	{4, "internal/judge", []string{"internal/check", "internal/bounds"}, []string{"net", "os", "math/rand", "math/rand/v2", "crypto/rand", "context", "log", "log/slog"}},
	{4, "internal/host", []string{"internal/check"}, []string{"net", "os", "context", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "sync"}},
	{4, "internal/relay", []string{"internal/check", "internal/text"}, []string{"net", "os", "context", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "sync", "time"}},
	{4, "internal/reconcile", nil, []string{"net", "os", "context", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "sync"}},
	{3, "internal/compare", []string{"internal/check"}, []string{"net", "os", "context", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "sync"}},
	{4, "internal/fix", []string{"internal/check", "internal/text"}, []string{"net", "os", "os/exec", "context", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "sync", "time"}},
	{4, "internal/report", []string{"internal/check", "internal/compare", "internal/text", "internal/line"}, []string{"net", "net/http", "os", "os/exec", "context", "log", "log/slog", "database/sql"}},
	{5, "internal/report/*", []string{"internal/report", "internal/check", "internal/compare", "internal/text", "internal/line"}, []string{"net", "net/http", "os", "os/exec", "context", "log", "log/slog", "database/sql"}},
	{4, "internal/capture", []string{"internal/check", "internal/bounds"}, []string{"net", "os", "context", "log", "log/slog", "os/exec", "net/http", "database/sql"}},
	{4, "internal/imports", []string{"internal/check/*", "internal/wire/*", "internal/bounds", "internal/text", "internal/line"}, []string{"net", "context", "log", "log/slog", "os/exec", "net/http"}},
	{2, "internal/fuzzing", nil, nil},
	{5, "internal/check/checktest", []string{"internal/check", "internal/dial", "internal/engine"}, nil},
	{5, "internal/report/reporttest", []string{"internal/report", "internal/check", "internal/check/all", "internal/compare", "internal/text"}, nil},
	{5, "internal/store/storetest", []string{"internal/check", "internal/store"}, nil},
	{5, "internal/capture/capturetest", nil, nil},
	{5, "internal/calendar/calendartest", nil, nil},
	{5, "internal/corpus", nil, nil},
	{5, "internal/run", []string{"internal/bounds", "internal/text", "internal/check", "internal/dial", "internal/store", "internal/store/sqlite", "internal/store/postgres", "internal/compare",
		"internal/scope", "internal/engine", "internal/engine/capacity", "internal/judge", "internal/host", "internal/relay", "internal/reconcile", "internal/fix", "internal/report", "internal/capture", "internal/imports", "internal/line"},
		[]string{"os/exec", "os/signal", "log", "log/slog", "net/http", "flag", "runtime/debug", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"}},
	{2, "internal/owner", []string{"internal/sheet"}, []string{"net", "os", "context", "log", "log/slog", "sync", "time"}},
	{4, "internal/calendar", nil, []string{"net", "os", "context", "log", "log/slog", "sync", "math/rand", "math/rand/v2"}},
	{4, "internal/notify", []string{"internal/reach"}, []string{"os", "os/exec", "log", "log/slog", "database/sql", "sync", "math/rand", "math/rand/v2"}},
	{4, "internal/sso", []string{"internal/reach"}, []string{"os", "os/exec", "log", "log/slog", "database/sql", "math/rand", "math/rand/v2"}},
	{5, "internal/alert", []string{"internal/compare", "internal/notify"}, []string{"net", "net/http", "os", "os/exec", "context", "log", "log/slog", "sync", "time", "database/sql"}},
	{5, "internal/outbox", []string{"internal/notify", "internal/store"}, []string{"net", "net/http", "os", "os/exec", "log", "log/slog", "database/sql"}},
	{5, "internal/desk", []string{"internal/store", "internal/text", "internal/owner"}, []string{"net", "os", "os/exec", "os/signal", "log", "log/slog", "net/http", "database/sql", "math/rand", "math/rand/v2", "crypto/tls"}},
	{5, "internal/estate", []string{"internal/check", "internal/text", "internal/owner", "internal/judge", "internal/reconcile", "internal/relay", "internal/report"},
		[]string{"net", "net/http", "os", "os/exec", "context", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "sync", "database/sql"}},
	{1, "internal/sample", nil, []string{"net", "os", "os/exec", "context", "log", "log/slog", "net/http", "sync", "database/sql"}},
	{1, "internal/outfile", nil, []string{"net", "context", "log", "log/slog", "os/exec", "net/http"}},
	{6, "internal/hub", []string{"internal/calendar", "internal/notify", "internal/alert", "internal/outbox", "internal/owner", "internal/sample", "internal/run", "internal/estate", "internal/desk", "internal/store", "internal/report", "internal/judge", "internal/compare"},
		[]string{"net", "net/http", "os/exec", "os/signal", "log", "log/slog", "flag", "github.com/spf13/cobra"}},
	{6, "internal/courier", []string{"internal/desk", "internal/notify", "internal/text"}, []string{"net", "net/http", "os", "os/exec", "log", "log/slog", "database/sql"}},
	{6, "internal/web/front", []string{"internal/bounds", "internal/reach"}, []string{"os", "os/exec", "os/signal", "log/slog", "database/sql", "flag"}},
	{7, "internal/web", []string{"internal/owner", "internal/sheet", "internal/web/front", "internal/hub", "internal/desk", "internal/estate", "internal/run", "internal/store", "internal/report", "internal/compare", "internal/line"},
		[]string{"net", "crypto/tls", "os/exec", "os/signal", "log", "log/slog", "database/sql", "flag", "github.com/spf13/cobra"}},
	{7, "internal/web/signon", []string{"internal/sso", "internal/desk", "internal/web/front"},
		[]string{"net", "os", "os/exec", "os/signal", "crypto/tls", "log", "log/slog", "database/sql", "flag", "github.com/spf13/cobra"}},
	{7, "internal/web/pages", []string{"internal/web/front", "internal/notify", "internal/outbox", "internal/owner", "internal/sheet", "internal/hub", "internal/desk", "internal/estate", "internal/run", "internal/store", "internal/report", "internal/report/html", "internal/report/xlsx", "internal/judge", "internal/compare", "internal/check", "internal/text"},
		[]string{"net", "os", "os/exec", "os/signal", "text/template", "crypto/tls", "log", "log/slog", "database/sql", "flag", "github.com/spf13/cobra"}},
	{8, "internal/cli", []string{"internal/seal", "internal/notify", "internal/sso", "internal/web/signon", "internal/courier", "internal/web", "internal/web/front", "internal/web/pages", "internal/hub", "internal/desk", "internal/run", "internal/outfile", "internal/sample", "internal/report", "internal/report/*", "internal/judge", "internal/compare", "internal/store", "internal/check", "internal/check/all", "internal/bounds", "internal/text", "internal/line"},
		[]string{"log", "log/slog", "os/exec", "net/http"}},
	{9, "cmd/signet", []string{"internal/cli"}, nil},
}

var wireNever = []string{"net", "net/netip", "os", "context", "math/rand", "math/rand/v2", "crypto/rand", "crypto/tls", "crypto/x509", "log", "log/slog", "sync", "io/fs"}

func match(pattern, room string) bool {
	if base, ok := strings.CutSuffix(pattern, "*"); ok {
		rest, under := strings.CutPrefix(room, base)
		return under && rest != "" && !strings.Contains(rest, "/")
	}
	return pattern == room
}

// find returns which line of a law is that of a room: the most exact one that matches, or -1.
func find(law []line, room string) int {
	best := -1
	for i, l := range law {
		if match(l.room, room) && (best < 0 || !strings.HasSuffix(l.room, "*")) {
			best = i
		}
	}
	return best
}

// rooms returns the imports of every package of the module, tests left out.
func rooms(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || path == "lab" || path == "bench" || path == "tools" || path == "dist") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(path))
		if room == "." {
			room = ""
		}
		if _, ok := out[room]; !ok {
			out[room] = nil
		}
		for _, im := range f.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			out[room] = append(out[room], p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("only %d packages found: is this the module root?", len(out))
	}
	return out
}

func TestArrowsGoDown(t *testing.T) {
	for _, c := range complaints(law, rooms(t)) {
		t.Error(c)
	}
}

// complaints holds rooms, each with the import paths of its files, against a law.
func complaints(law []line, rooms map[string][]string) []string {
	var out []string
	for room, imports := range rooms {
		at := find(law, room)
		if at < 0 {
			out = append(out, room+" stands in no line of the law: add it to the floor it belongs to")
			continue
		}
		for _, im := range imports {
			if c := complaint(law, law[at], room, im); c != "" {
				out = append(out, c)
			}
		}
	}
	return out
}

// complaint says what is wrong with one import of a room, whose line is l.
func complaint(law []line, l line, room, im string) string {
	wire := strings.HasPrefix(room, "internal/wire/")
	if im == "signet" && room != "" && !wire {
		return ""
	}
	other, ours := strings.CutPrefix(im, "signet/")
	if !ours && im != "signet" {
		if slices.Contains(l.never, im) {
			return fmt.Sprintf("%s may not import %s", room, im)
		}
		if wire && strings.Contains(strings.Split(im, "/")[0], ".") && im != "golang.org/x/crypto/md4" {
			return fmt.Sprintf("%s: a wire package imports %s", room, im)
		}
		return ""
	}
	to := find(law, other)
	if to < 0 {
		return fmt.Sprintf("%s imports %s, which stands in no line of the law", room, im)
	}
	leaf := other == "internal/wire/ber" // the one room that others of its floor may import
	if !l.allow(other) || law[to].floor > l.floor || law[to].floor == l.floor && !leaf {
		return fmt.Sprintf("%s (floor %d) may not import %s (floor %d)", room, l.floor, im, law[to].floor)
	}
	return ""
}

func (l line) allow(room string) bool {
	return slices.ContainsFunc(l.allows, func(p string) bool { return match(p, room) })
}

// Every wire package is fuzzed, every room says what it is for, no package keeps an init.
func TestEveryRoomKeepsItsHabits(t *testing.T) {
	initFunc := regexp.MustCompile(`(?m)^func init\(\)`)
	for room := range rooms(t) {
		dir := room
		if dir == "" {
			dir = "."
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", room, err)
		}
		var all, tests string
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(f, "_test.go") {
				tests += string(b)
			} else {
				all += string(b)
			}
		}
		if !regexp.MustCompile(`(?m)^// (Package \w+|Command signet) `).MatchString(all) && room != "cmd/signet" {
			t.Errorf("%s has no package comment", room)
		}
		if initFunc.MatchString(all) {
			t.Errorf("%s has an init function", room)
		}
		if strings.HasPrefix(room, "internal/wire/") && !strings.Contains(tests, "func Fuzz") {
			t.Errorf("%s has no fuzz target", room)
		}
	}
}

// waysOut is every file that may open a socket, send on one or look a name up, and with what. Each of them asks the
// dial.Gate before a packet leaves, or sends none.
var waysOut = map[string][]string{
	"internal/dial/dialer.go":         {"net.Dialer"},
	"internal/dial/shortage.go":       {"net.DialUDP"}, // to learn whether there is a route: nothing is sent
	"internal/engine/sys_linux.go":    {"unix.SYS_SOCKET", "unix.SYS_CONNECT", "unix.SYS_SENDTO"},
	"internal/engine/follow_linux.go": {"net.FileConn"},             // of a socket that the loop has connected
	"internal/sweep/sweep_linux.go":   {"unix.Socket"},              // to learn whether it is allowed: nothing is sent
	"internal/sweep/port_linux.go":    {"unix.Socket", "unix.Bind"}, // to keep a port: nothing is sent
	"internal/sweep/rawlink_linux.go": {"unix.Socket", "unix.Bind", "unix.SYS_SENDMMSG"},
	"internal/cli/cli.go":             {"net.Resolver"},                        // handed to run
	"internal/run/env.go":             {"net.Resolver", "net.DefaultResolver"}, // what a dial.Resolver asks
	// Messages to people, by addresses that are asked whether they may be reached; nothing that a scan asks.
	"internal/notify/reach.go":    {"net.Dialer", "syscall.RawConn"},
	"internal/notify/sender.go":   {"net.Resolver"}, // of tests
	"internal/notify/webhook.go":  {"http.Transport", "http.Client"},
	"internal/notify/mail.go":     {"mail.NewClient"},
	"internal/web/front/probe.go": {"net.Dialer"}, // the server on this machine, whether it lives
	// The identity provider that the flags name.
	"internal/sso/way.go":             {"net.Dialer", "syscall.RawConn", "http.Transport", "http.Client"},
	"internal/sso/client.go":          {"http.Client", "oidc.NewProvider", "oidc.NewRemoteKeySet"},
	"internal/store/postgres/open.go": {"pgxpool.NewWithConfig"}, // the user's own store
	"internal/store/postgres/hold.go": {"pgx.ConnectConfig"},     // the same server
}

// outward are the names that stand for a way out, by import path; inward those that let others in.
var outward = map[string]*regexp.Regexp{
	"net":                               regexp.MustCompile(`^(Dial|FileConn$|FilePacketConn$|Lookup|Resolver$|DefaultResolver$)`),
	"syscall":                           regexp.MustCompile(`^(Socket|Connect|Bind|Send|Pwrite|SYS_(SOCKET|CONNECT|BIND|SEND|IO_URING)|RawConn$)`),
	"golang.org/x/sys/unix":             regexp.MustCompile(`^(Socket|Connect|Bind|Send|SYS_(SOCKET|CONNECT|BIND|SEND|IO_URING))`),
	"crypto/tls":                        regexp.MustCompile(`^Dial`),
	"net/http":                          regexp.MustCompile(`^(Get|Head|Post|PostForm|Client|DefaultClient|Transport|DefaultTransport)$`),
	"net/smtp":                          regexp.MustCompile(`.`),
	"net/rpc":                           regexp.MustCompile(`.`),
	"log/syslog":                        regexp.MustCompile(`.`),
	"github.com/wneessen/go-mail":       regexp.MustCompile(`^(NewClient|Quick)`),
	"github.com/coreos/go-oidc/v3/oidc": regexp.MustCompile(`^New(Provider|RemoteKeySet)$`),
	"golang.org/x/oauth2":               regexp.MustCompile(`^NewClient$`),
	"github.com/jackc/pgx/v5":           regexp.MustCompile(`^Connect(Config|WithOptions)?$`),
	"github.com/jackc/pgx/v5/pgconn":    regexp.MustCompile(`^Connect(Config|WithOptions)?$`),
	"github.com/jackc/pgx/v5/pgxpool":   regexp.MustCompile(`^New`),
}

var inward = map[string]*regexp.Regexp{
	"net":                   regexp.MustCompile(`^(Listen(Config|Packet|TCP|UDP|IP|Unix|Unixgram|MulticastUDP)?$|FileListener$)`),
	"syscall":               regexp.MustCompile(`^(Listen|Accept|SYS_(LISTEN|ACCEPT))`),
	"golang.org/x/sys/unix": regexp.MustCompile(`^(Listen|Accept|SYS_(LISTEN|ACCEPT))`),
	"crypto/tls":            regexp.MustCompile(`^(Listen|NewListener)`),
	"net/http":              regexp.MustCompile(`^(Serve$|ServeTLS$|ListenAndServe|Server$)`),
}

// waysIn is every file that may open a port, and with what: the one server of pages and API. It answers there, and sends nothing of its own.
var waysIn = map[string][]string{
	"internal/web/front/server.go": {"net.ListenConfig", "http.Server"},
	// A server of tests, which nothing that ships imports.
	"internal/check/checktest/desktop.go":        {"net.Listen"},
	"internal/store/storetest/postgres_linux.go": {"net.Listen"}, // a free port for the server of a test
}

// Packages net, syscall and the like are used to send only in the files of waysOut, and to listen only in those of waysIn.
func TestOneWayOut(t *testing.T) {
	for _, c := range leaks(namesOf(t)) {
		t.Error(c)
	}
	for _, ways := range []map[string][]string{waysOut, waysIn} {
		for path := range ways {
			if _, err := os.Stat(path); err != nil {
				t.Errorf("waysOut, waysIn: %v", err)
			}
		}
	}
}

// leaks says which files use a name that goes out or lets in and may not, and which may and do not.
func leaks(files map[string][]used) []string {
	var all []string
	for path, names := range files {
		var out, in []string
		for _, n := range names {
			name := n.pkg + "." + n.name
			if p := inward[n.path]; p != nil && p.MatchString(n.name) {
				if in = append(in, name); !slices.Contains(waysIn[path], name) {
					all = append(all, fmt.Sprintf("%s uses %s: nothing of ours listens but what stands in waysIn", path, name))
				}
			}
			p := outward[n.path]
			if p == nil || !p.MatchString(n.name) {
				continue
			}
			out = append(out, name)
			if !slices.Contains(waysOut[path], name) {
				all = append(all, fmt.Sprintf("%s uses %s: packets leave through package dial, or stand in waysOut", path, name))
			}
		}
		for _, name := range waysOut[path] {
			if !slices.Contains(out, name) {
				all = append(all, fmt.Sprintf("%s does not use %s any more: take it out of waysOut", path, name))
			}
		}
		for _, name := range waysIn[path] {
			if !slices.Contains(in, name) {
				all = append(all, fmt.Sprintf("%s does not use %s any more: take it out of waysIn", path, name))
			}
		}
	}
	return all
}

// used is a name of an imported package.
type used struct{ path, pkg, name string }

// namesOf lists the names of imported packages that each file of the program uses, tests left out, on any system.
func namesOf(t *testing.T) map[string][]used {
	t.Helper()
	out := map[string][]used{}
	for room := range rooms(t) {
		files, err := filepath.Glob(filepath.Join(".", room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			imported := map[string]string{}
			for _, im := range f.Imports {
				p, err := strconv.Unquote(im.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				name := p[strings.LastIndexByte(p, '/')+1:]
				if p == "github.com/jackc/pgx/v5" {
					name = "pgx"
				}
				if im.Name != nil {
					name = im.Name.Name
				}
				if outward[p] != nil && name == "." {
					t.Errorf("%s imports %s into its own names", path, p)
				}
				imported[name] = p
			}
			path = filepath.ToSlash(path)
			out[path] = nil
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && imported[x.Name] != "" {
						out[path] = append(out[path], used{imported[x.Name], x.Name, s.Sel.Name})
					}
				}
				return true
			})
		}
	}
	return out
}
