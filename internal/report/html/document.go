package html

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
)

//go:embed assets
var assets embed.FS

// document is what every page has. frame.tmpl shows it; the template of a page fills the frame.
type document struct {
	CSP           string
	Style         template.CSS
	Script        template.JS // none in a page that needs none
	Heading, Day  string      // of the window
	Policy, Tool  string
	Lead, Sub     string // the sentence that who reads only one reads, and what follows it
	Notes         []string
	Tiles         []tile
	Todo          []todo
	ExplainsRules bool // the page has the advice of every rule it names
}

// tile is a figure at the top of a page.
type tile struct{ Class, Figure, Text string }

// todo is a fix to begin with. A page shows mostTodo of them.
type todo struct {
	Rule, Title, Severity string
	Fix                   template.HTML
	Effect                string
}

const mostTodo = 5

// write executes the template of a page with a view that embeds d. script is the file of its script, or empty.
func (d *document) write(w io.Writer, page, script string, view any) error {
	t, err := template.New(page).Funcs(template.FuncMap{"said": said}).ParseFS(assets, "assets/"+page, "assets/frame.tmpl")
	if err != nil {
		return err
	}
	style, err := assets.ReadFile("assets/page.css")
	if err != nil {
		return err
	}
	policy := "default-src 'none'; "
	if script != "" {
		js, err := assets.ReadFile("assets/" + script)
		if err != nil {
			return err
		}
		d.Script = template.JS(js)
		policy += "script-src '" + cspHash(js) + "'; "
	}
	d.Style = template.CSS(style)
	d.CSP = policy + "style-src '" + cspHash(style) + "'; base-uri 'none'; form-action 'none'"
	b := bufio.NewWriterSize(w, 64<<10)
	if err := t.Execute(b, view); err != nil {
		return err
	}
	return b.Flush()
}

// cspHash is how Content-Security-Policy names an inline element (CSP level 3, §2.3.1).
func cspHash(element []byte) string {
	sum := sha256.Sum256(element)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
