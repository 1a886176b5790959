package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/store"
)

//go:embed assets
var assets embed.FS

// Config is what pages are made of.
type Config struct {
	Hub     *hub.Hub
	Desk    *desk.Desk
	Formats []report.Format // of reports
	SignOn  bool            // people log on by an identity provider, below /oidc/
	NoLocal bool            // and by no password
	// Who tells who sends a request: the zero value is nobody.
	Who func(*http.Request) (desk.Who, error)
	// Base is the path that all links of an answer begin with, without a slash at its end.
	Base func(*http.Request) string
	// Trouble hears of what went wrong inside, a line each.
	Trouble func(string)
}

// Pages answers what is no API.
type Pages struct {
	Config
	mux     *http.ServeMux
	pages   map[string]*template.Template
	files   map[string]file
	version string // of the files, so that a browser may keep them
}

// file is one that pages load.
type file struct {
	kind string
	body []byte
}

// New makes pages. That a template of ours is wrong is a bug, and ends the process.
func New(c Config) *Pages {
	p := &Pages{Config: c, mux: http.NewServeMux(), pages: map[string]*template.Template{}, files: map[string]file{}}
	frame := template.Must(template.New("frame.tmpl").Funcs(p.words()).ParseFS(assets, "assets/frame.tmpl", "assets/alone.tmpl", "assets/parts.tmpl"))
	for _, r := range routes() {
		p.pages[r.name] = template.Must(template.Must(frame.Clone()).ParseFS(assets, "assets/"+r.name+".tmpl"))
		p.mux.HandleFunc("GET "+r.pattern, func(w http.ResponseWriter, q *http.Request) { p.answer(w, q, &r) })
	}
	p.pages["wrong"] = template.Must(template.Must(frame.Clone()).ParseFS(assets, "assets/wrong.tmpl"))
	script, style := p.asset("app.js"), p.asset("app.css")
	style = append([]byte(html.Palette()), style...)
	p.files["app.js"], p.files["app.css"] = file{"text/javascript; charset=utf-8", script}, file{"text/css; charset=utf-8", style}
	p.files["icon.svg"] = file{"image/svg+xml", p.asset("icon.svg")}
	sum := sha256.Sum256(append(script, style...))
	p.version = hex.EncodeToString(sum[:6])
	p.mux.HandleFunc("GET /assets/{name}", p.serveFile)
	return p
}

func (p *Pages) asset(name string) []byte {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return b
}

func (p *Pages) serveFile(w http.ResponseWriter, r *http.Request) {
	f, ok := p.files[r.PathValue("name")]
	if !ok {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	if r.URL.RawQuery == "v="+p.version {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	w.Write(f.body)
}

// route is a page: who may see it, and what it shows.
type route struct {
	pattern string // a path of http.ServeMux
	name    string // of its template
	open    bool   // whoever has no session sees it too
	action  desk.Action
	show    func(*Pages, *ask) (any, error)
}

func routes() []route {
	return []route{
		{"/{$}", "overview", false, desk.Look, (*Pages).overview},
		{"/login", "login", true, desk.Look, (*Pages).login},
		{"/board", "board", false, desk.Look, (*Pages).board},
		{"/board/{id}", "finding", false, desk.Look, (*Pages).finding},
		{"/hosts", "hosts", false, desk.Look, (*Pages).hosts},
		{"/hosts/{id}", "host", false, desk.Look, (*Pages).host},
		{"/hosts/{id}/evidence", "evidence", false, desk.Look, (*Pages).evidence},
		{"/paths", "paths", false, desk.Look, (*Pages).paths},
		{"/fixes", "fixes", false, desk.Look, (*Pages).fixes},
		{"/fixes/{id}", "fix", false, desk.Look, (*Pages).fix},
		{"/fixes/{id}/impact", "impact", false, desk.Look, (*Pages).impact},
		{"/runs", "runs", false, desk.Look, (*Pages).runs},
		{"/runs/{id}", "run", false, desk.Look, (*Pages).run},
		{"/reports/board", "boardreport", false, desk.Look, (*Pages).boardReport},
		{"/changes", "changes", false, desk.Look, (*Pages).changes},
		{"/diff", "diff", false, desk.Look, (*Pages).diff},
		{"/jobs", "jobs", false, desk.Look, (*Pages).jobs},
		{"/jobs/{id}", "job", false, desk.Look, (*Pages).job},
		{"/sites", "sites", false, desk.Look, (*Pages).sites},
		{"/sites/{id}", "site", false, desk.Look, (*Pages).site},
		{"/schedules", "schedules", false, desk.Look, (*Pages).schedules},
		{"/channels", "channels", false, desk.Inspect, (*Pages).channels},
		{"/exceptions", "exceptions", false, desk.Look, (*Pages).exceptions},
		{"/owners", "owners", false, desk.Look, (*Pages).owners},
		{"/policies", "policies", false, desk.Inspect, (*Pages).policies},
		{"/policies/{id}", "policy", false, desk.Inspect, (*Pages).policy},
		{"/users", "users", false, desk.Inspect, (*Pages).users},
		{"/tokens", "tokens", false, desk.Inspect, (*Pages).tokens},
		{"/audit", "audit", false, desk.Inspect, (*Pages).audit},
		{"/settings", "settings", false, desk.Inspect, (*Pages).settings},
		{"/me", "me", false, desk.Look, (*Pages).me},
	}
}

// ask is a request for a page, and who sends it.
type ask struct {
	*http.Request
	who  desk.Who
	base string
	q    url.Values
}

// may tells whether who asks may do an action somewhere. At which site, the API asks again.
func (a *ask) may(action desk.Action) bool {
	return desk.AllowSomewhere(a.who, action)
}

// view is what a template is given.
type view struct {
	Base, Version string
	Title         string
	Here          string // the page's path
	Me            desk.Who
	Nav           nav
	May           map[string]bool
	Sample        bool // what is shown is the sample, and nothing in it is real
	Guest         bool // nobody logs on here, and nothing can be changed
	Body          any
}

// nav is the navigation: the pages of every day, and behind a word of their own those that are set up once.
type nav struct {
	Daily, SetUp []entry
	At           string // the name of the entry that leads to what is shown
}

// SetsUp tells whether what is shown belongs to what is set up.
func (n nav) SetsUp() bool { return slices.ContainsFunc(n.SetUp, func(e entry) bool { return e.Here }) }

// entry is one of the navigation.
type entry struct {
	Path, Name string
	Here       bool
}

// titled is a body that gives its page a title.
type titled interface{ title() string }

// saved is a body that may be saved as a file, which loads nothing; no name: it is shown.
type saved interface{ download() string }

func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		p.wrong(w, &ask{Request: r, base: p.Base(r)}, http.StatusMethodNotAllowed, "Nothing was changed",
			"Changes are made by this server's script, and the browser ran none. Allow scripts for this server, then do it again.")
		return
	}
	if _, pattern := p.mux.Handler(r); pattern == "" {
		who, err := p.Who(r)
		if err != nil {
			who = desk.Who{}
		}
		p.wrong(w, &ask{Request: r, base: p.Base(r), who: who}, http.StatusNotFound, "There is no such page", "The address is wrong, or what stood there has gone.")
		return
	}
	p.mux.ServeHTTP(w, r)
}

// answer writes a page for who may see it.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, of *route) {
	a := &ask{Request: r, base: p.Base(r), q: r.URL.Query()}
	var err error
	if a.who, err = p.Who(r); err != nil {
		p.Trouble("who asks could not be found out: " + err.Error())
		p.wrong(w, a, http.StatusServiceUnavailable, "The store does not answer", "Try again in a moment.")
		return
	}
	known := a.who.Via != desk.Nobody
	switch {
	case !known && !of.open:
		if of.name == "overview" { // the set-up link leads here, its token behind a # that no server sees
			done, err := p.Desk.IsSetUp(r.Context())
			if err != nil {
				p.failed(w, a, err)
				return
			}
			if !done {
				p.write(w, a, "login", "Set up", http.StatusOK, p.loginPage(true, "/", ""))
				return
			}
		}
		http.Redirect(w, r, a.base+"/login?"+url.Values{"to": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		return
	case known && of.name == "login":
		http.Redirect(w, r, a.base+"/", http.StatusSeeOther)
		return
	case known && !a.may(of.action):
		p.failed(w, a, desk.ErrForbidden)
		return
	}
	body, err := of.show(p, a)
	if err != nil {
		p.failed(w, a, err)
		return
	}
	title := ""
	if t, ok := body.(titled); ok {
		title = t.title()
	}
	p.write(w, a, of.name, title, http.StatusOK, body)
}

// badQuery is what is wrong with the query of a page, in a sentence.
type badQuery string

func (b badQuery) Error() string { return string(b) }

// failed writes the page that says what went wrong. What is inside the server its log says.
func (p *Pages) failed(w http.ResponseWriter, a *ask, err error) {
	bad, isBad := errors.AsType[badQuery](err)
	switch {
	case errors.Is(err, desk.ErrForbidden):
		p.wrong(w, a, http.StatusForbidden, "Your role does not allow that", "Ask an administrator of this server.")
	case errors.Is(err, store.ErrUnknown):
		p.wrong(w, a, http.StatusNotFound, "There is nothing of that name that you may see", "It may have gone, or belong to a site that you do not see.")
	case errors.Is(err, estate.ErrCursor):
		p.wrong(w, a, http.StatusBadRequest, "That is no page of this list", "Begin again with its first page.")
	case isBad:
		p.wrong(w, a, http.StatusBadRequest, "The address of this page is wrong", string(bad))
	case errors.Is(err, store.ErrAway):
		p.Trouble(a.URL.Path + ": " + err.Error())
		w.Header().Set("Retry-After", "5")
		p.wrong(w, a, http.StatusServiceUnavailable, "The store does not answer", "Nothing is lost. Try again in a moment.")
	case a.Context().Err() != nil: // nobody waits for it any more
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		p.Trouble(a.URL.Path + ": " + err.Error())
		p.wrong(w, a, http.StatusInternalServerError, "Something went wrong inside the server", "Its log says what.")
	}
}

// wrongPage says what went wrong, and what to do.
type wrongPage struct{ Heading, Text string }

func (p *Pages) wrong(w http.ResponseWriter, a *ask, status int, heading, text string) {
	p.write(w, a, "wrong", heading, status, &wrongPage{heading, text})
}

// write writes a page: whole, or not at all.
func (p *Pages) write(w http.ResponseWriter, a *ask, name, title string, status int, body any) {
	v := &view{Base: a.base, Version: p.version, Title: title, Here: a.URL.Path, Me: a.who, Body: body, May: map[string]bool{}}
	for word, action := range map[string]desk.Action{"launch": desk.Launch, "work": desk.Work, "propose": desk.Propose, "approve": desk.Approve, "arrange": desk.Arrange, "import": desk.Import,
		"inspect": desk.Inspect, "administer": desk.Administer, "self": desk.Self} {
		v.May[word] = a.may(action)
	}
	v.Nav = p.navigation(a)
	v.Guest = a.who.Via == desk.AsGuest
	v.Sample = a.who.Via != desk.Nobody && p.Hub.View(a.who).Sample
	frame, file := "frame.tmpl", ""
	if f, ok := body.(saved); ok && f.download() != "" {
		frame, file = "alone.tmpl", f.download()
	}
	var b bytes.Buffer
	if err := p.pages[name].ExecuteTemplate(&b, frame, v); err != nil {
		p.Trouble("page " + name + ": " + err.Error())
		http.Error(w, "something went wrong inside the server; its log says what", http.StatusInternalServerError)
		return
	}
	if file != "" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// navigation lists the pages that somebody may see.
func (p *Pages) navigation(a *ask) (n nav) {
	if a.who.Via == desk.Nobody {
		return n
	}
	list := func(names ...string) (entries []entry) {
		for _, name := range names {
			e := entry{Path: "/" + strings.ToLower(name), Name: name}
			switch name {
			case "Overview":
				e.Path = "/"
			case "Report":
				e.Path = "/reports/board"
			}
			if e.Here = a.URL.Path == e.Path || e.Path != "/" && strings.HasPrefix(a.URL.Path, e.Path+"/") || name == "Runs" && a.URL.Path == "/diff"; e.Here {
				n.At = name
			}
			entries = append(entries, e)
		}
		return entries
	}
	n.Daily = list("Overview", "Board", "Fixes", "Hosts", "Paths", "Changes", "Report", "Runs", "Jobs", "Sites")
	n.SetUp = list("Schedules", "Exceptions")
	if desk.Allow(a.who, desk.Look, "") {
		n.SetUp = slices.Insert(n.SetUp, 1, list("Owners")...)
	}
	if a.may(desk.Inspect) {
		n.SetUp = append(n.SetUp, list("Channels", "Policies", "Users", "Tokens", "Audit", "Settings")...)
	}
	if len(n.SetUp) == 1 { // a group of one hides what it holds for nothing
		n.Daily, n.SetUp = append(n.Daily, n.SetUp...), nil
	}
	return n
}
