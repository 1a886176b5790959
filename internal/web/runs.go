package web

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"signet"
	"signet/internal/desk"
	"signet/internal/line"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/web/front"
)

// Run is the line of a run that signet runs -o jsonl prints.
type Run struct {
	ID           string       `json:"id"`
	Kind         string       `json:"kind"`
	Schema       string       `json:"schema"`
	Run          string       `json:"run"`
	Tool         string       `json:"tool"`
	Started      time.Time    `json:"started"`
	Ended        time.Time    `json:"ended,omitzero"`
	Targets      []string     `json:"targets" nullable:"false"`
	Checks       []string     `json:"checks" nullable:"false"`
	Depth        signet.Depth `json:"depth"`
	Policy       string       `json:"policy"`
	State        string       `json:"state"`
	Interrupted  bool         `json:"interrupted,omitempty"`
	Failed       string       `json:"failed,omitempty"`
	Imported     time.Time    `json:"imported,omitzero"`
	Warnings     []string     `json:"warnings,omitempty"`
	Seed         Seed         `json:"seed"`
	Addresses    uint64       `json:"addresses"`
	Asked        uint64       `json:"endpoints_asked"`
	Observations uint64       `json:"observations"`
}

// Seed is that of a run's order of asking: any number of 64 bits, of which the library's own word for such a number leaves half out.
type Seed uint64

// Schema says so.
func (Seed) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Minimum: new(0.0)}
}

func shownRun(r *store.Run) (out Run, err error) {
	err = json.Unmarshal(line.AppendListedRun(nil, r.Line(), run.State(r)), &out)
	out.ID, out.Targets, out.Checks = out.Run, orEmpty(out.Targets), orEmpty(out.Checks)
	return out, err
}

// Line is a JSON line as Signet writes it.
type Line []byte

// MarshalJSON gives the line as it is.
func (l Line) MarshalJSON() ([]byte, error) { return l, nil }

// Schema says that it is an object.
func (Line) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "a line of kind change, as signet diff -o jsonl prints it"}
}

// addRuns adds the routes of runs.
func (s *Server) addRuns() {
	h := s.c.Hub
	add(s, "GET /api/v1/runs", does{id: "list-runs", summary: "Runs, the newest first"}, func(ctx context.Context, in *Paging) (*listed[Run], error) {
		runs, err := h.Runs(ctx, who(ctx))
		if err != nil {
			return nil, err
		}
		list, err := pageBehind(in, runs, func(r *store.Run) string { return r.ID })
		if err != nil {
			return nil, err
		}
		out := &listed[Run]{List[Run]{Items: []Run{}, Next: list.Body.Next}}
		for i := range list.Body.Items {
			r, err := shownRun(&list.Body.Items[i])
			if err != nil {
				return nil, err
			}
			out.Body.Items = append(out.Body.Items, r)
		}
		return out, nil
	})
	add(s, "GET /api/v1/runs/{id}", does{id: "read-run", summary: "One run"}, func(ctx context.Context, in *Of) (*struct{ Body Run }, error) {
		r, err := s.run(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		v, err := shownRun(r)
		return &struct{ Body Run }{v}, err
	})
	s.addReports()
	s.addDiff()
	s.addImport()
}

// run is one that somebody may see, by its ID.
func (s *Server) run(ctx context.Context, id string) (*store.Run, error) {
	runs, err := s.c.Hub.Runs(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == id })
	if at < 0 {
		return nil, notFound()
	}
	return &runs[at], nil
}

// longReport is how long a report or a comparison may take.
const longReport = 15 * time.Minute

// mostReports is how many reports are written at once: each reads a run, and more of them would take the disk from the pages.
const mostReports = 2

func (s *Server) addReports() {
	type asked struct {
		Of
		Format string `query:"format" doc:"a word of signet report -o; html where nothing is said"`
	}
	type written struct{ Body func(huma.Context) }
	turn := make(chan struct{}, mostReports)
	add(s, "GET /api/v1/runs/{id}/report", does{id: "report-run", summary: "A run in a format of signet report -o", errors: []int{422}}, func(ctx context.Context, in *asked) (*written, error) {
		name := in.Format
		if name == "" {
			name = "html"
		}
		at := slices.IndexFunc(s.c.Formats, func(f report.Format) bool { return f.Name == name })
		if at < 0 {
			return nil, problem(http.StatusUnprocessableEntity, "format: there is no such format", &huma.ErrorDetail{Location: "query.format", Message: "there is no such format"})
		}
		r, err := s.run(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		patiently(ctx, longReport)
		// It is written whole before it is sent: who takes it slowly holds a file then, not the store.
		f, err := os.CreateTemp("", "signet-report-*")
		if err != nil {
			return nil, err
		}
		os.Remove(f.Name())
		if err := s.c.Hub.Report(ctx, who(ctx), r.ID, s.c.Formats[at], f); err != nil {
			f.Close()
			return nil, err
		}
		return &written{func(c huma.Context) {
			defer f.Close()
			send(c, f, r, name)
		}}, nil
	})
	op := s.api.OpenAPI().Paths["/api/v1/runs/{id}/report"].Get
	content := map[string]*huma.MediaType{}
	for _, k := range kinds() { // whichever of them this server has: the document is the same for all
		kind, _, _ := strings.Cut(k[0], ";")
		content[kind] = &huma.MediaType{} // whose form no schema says
	}
	op.Responses["200"].Content = content
}

// kindOf is the media type of a format, and how its files end.
func kindOf(format string) (kind, end string) {
	if k, ok := kinds()[format]; ok {
		return k[0], k[1]
	}
	return "application/octet-stream", format
}

// kinds are the media types of formats, and how their files end.
func kinds() map[string][2]string {
	return map[string][2]string{
		"text": {"text/plain; charset=utf-8", "txt"}, "jsonl": {"application/x-ndjson", "jsonl"}, "json": {"application/json", "json"},
		"csv": {"text/csv; charset=utf-8", "csv"}, "html": {"text/html; charset=utf-8", "html"}, "markdown": {"text/markdown; charset=utf-8", "md"},
		"xlsx":  {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
		"sarif": {"application/sarif+json", "sarif"}, "nmap": {"application/xml", "xml"}, "junit": {"application/xml", "xml"},
		"opengraph": {"application/json", "json"}, "ocsf": {"application/x-ndjson", "jsonl"}, "list": {"text/plain; charset=utf-8", "txt"},
	}
}

// send sends a report as a file to keep: a page of its own it must not become, since names in it are those of strangers.
func send(c huma.Context, f *os.File, of *store.Run, format string) {
	r, w := humago.Unwrap(c)
	kind, end := kindOf(format)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="signet-`+of.ID+"."+end+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox")
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	// As long as a slow line of 64 KiB/s takes.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute + time.Duration(size>>16)*time.Second))
	http.ServeContent(w, r, "", time.Time{}, f)
}

func (s *Server) addDiff() {
	type asked struct {
		Paging
		Old string `query:"old" required:"true" doc:"ID of a run"`
		New string `query:"new" required:"true" doc:"ID of a run"`
	}
	add(s, "GET /api/v1/diff", does{id: "diff", summary: "What is different between two runs", errors: []int{404}}, func(ctx context.Context, in *asked) (*listed[Line], error) {
		most, err := in.most()
		if err != nil {
			return nil, err
		}
		skip := uint64(0)
		if in.Cursor != "" {
			if skip, err = parseNumber(in.Cursor); err != nil {
				return nil, query("cursor", "is none of this list")
			}
		}
		for _, id := range []string{in.Old, in.New} {
			if _, err := s.run(ctx, id); err != nil {
				return nil, err
			}
		}
		patiently(ctx, longReport)
		list, more, err := s.c.Hub.DiffLines(ctx, who(ctx), in.Old, in.New, skip, most)
		if err != nil {
			return nil, err
		}
		out := &listed[Line]{List[Line]{Items: []Line{}}}
		for _, l := range list {
			out.Body.Items = append(out.Body.Items, l)
		}
		if more {
			out.Body.Next = new(number(skip + uint64(len(list))))
		}
		return out, nil
	})
}

// imported is what came of an import.
type imported struct {
	Body struct {
		Runs []string `json:"runs" nullable:"false" doc:"IDs of the runs that are stored"`
	}
}

// lines is a body that is read as it comes.
type lines struct {
	Encoding string `header:"Content-Encoding" doc:"gzip, or nothing"`
	r        *http.Request
	w        http.ResponseWriter
}

// Resolve keeps the request, whose body the handler reads itself.
func (l *lines) Resolve(c huma.Context) []error {
	l.r, l.w = humago.Unwrap(c)
	return nil
}

func (s *Server) addImport() {
	add(s, "POST /api/v1/runs/import", does{id: "import-runs", summary: "Store runs from JSON lines, of signet runs export or of -o jsonl; they belong to no site", status: http.StatusCreated, errors: []int{409, 413, 415, 422}},
		func(ctx context.Context, in *lines) (*imported, error) {
			if !desk.Allow(who(ctx), desk.Import, "") {
				return nil, desk.ErrForbidden
			}
			// A large file takes longer than a request may; it has to keep coming.
			sent := &coming{Reader: in.r.Body, c: http.NewResponseController(in.w)}
			body := io.Reader(sent)
			switch in.Encoding {
			case "", "identity":
			case "gzip":
				z, err := gzip.NewReader(body)
				if sent.broke != nil {
					return nil, sent.broke
				}
				if err != nil {
					return nil, problem(http.StatusUnprocessableEntity, "the body is no gzip")
				}
				body = z
			default:
				return nil, problem(http.StatusUnsupportedMediaType, "Content-Encoding: want gzip or nothing")
			}
			bounded := &bounded{r: body, left: mostImport}
			ids, err := s.c.Hub.Import(ctx, act(ctx), bounded)
			if bounded.left < 0 {
				return nil, problem(http.StatusRequestEntityTooLarge, "there is more than 1 GiB of lines in it")
			}
			if err != nil && sent.broke != nil {
				return nil, &front.BodyError{Status: sent.broke.Status, Text: sent.broke.Text + storedBefore(ids)}
			}
			if err != nil {
				if _, ours := errors.AsType[*http.MaxBytesError](err); ours || errors.Is(err, desk.ErrForbidden) || ctx.Err() != nil {
					return nil, err
				}
				return nil, s.misread(err, ids)
			}
			if err := s.c.Desk.Note(ctx, act(ctx), "run.import", strings.Join(ids, " ")); err != nil {
				return nil, err
			}
			out := &imported{}
			out.Body.Runs = orEmpty(ids)
			return out, nil
		})
	op := s.api.OpenAPI().Paths["/api/v1/runs/import"].Post
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/x-ndjson": {}}}
}

// misread is the problem of a file that is not, or not all, what it should be.
func (s *Server) misread(err error, stored []string) error {
	before := storedBefore(stored)
	if !errors.Is(err, store.ErrUnwritable) && !errors.Is(err, store.ErrAway) {
		return problem(http.StatusUnprocessableEntity, err.Error()+before)
	}
	if before == "" {
		return err
	}
	s.c.Trouble(err.Error())
	return problem(http.StatusInsufficientStorage, "the store takes no more of it"+before)
}

// storedBefore says which runs of a file are stored though it is not right to its end.
func storedBefore(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return " (stored before that: " + strings.Join(ids, ", ") + ")"
}

// coming is a body that may take long as a whole, as long as something comes every half minute.
type coming struct {
	io.Reader
	c     *http.ResponseController
	broke *front.BodyError // on its way
}

func (c *coming) Read(b []byte) (int, error) {
	_ = c.c.SetReadDeadline(time.Now().Add(30 * time.Second))
	_ = c.c.SetWriteDeadline(time.Now().Add(5 * time.Minute))
	n, err := c.Reader.Read(b)
	if err != nil && err != io.EOF {
		c.broke = front.Unread(err)
	}
	return n, err
}

// bounded reads no more than what is left. left is below zero once there was more.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, &http.MaxBytesError{Limit: mostImport}
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, &http.MaxBytesError{Limit: mostImport}
	}
	return n, err
}
