package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"signet/internal/compare"
	"signet/internal/hub"
	"signet/internal/report"
)

// ChangeLine is a line of kind change, and between which runs it came.
type ChangeLine []byte

// MarshalJSON gives the line as it is.
func (l ChangeLine) MarshalJSON() ([]byte, error) { return l, nil }

// Schema says what is in it besides what a line of signet diff has.
func (ChangeLine) Schema(huma.Registry) *huma.Schema {
	text := func(about string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: about} }
	seen := text("when the newer run ended")
	seen.Format = "date-time"
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Required: []string{"id", "change", "run", "old_run", "seen"},
		Description: "a line of kind change, as signet diff -o jsonl prints it, and where it comes from",
		Properties: map[string]*huma.Schema{"id": text("of the change"), "change": text("worsened, appeared, newly-asked, undetermined, not-asked, vanished or improved"),
			"run": text("the newer run"), "old_run": text("the run before it"), "site": text("ID; none: of no site"), "seen": seen}}
}

// addChanges adds the route of what changed from run to run.
func (s *Server) addChanges() {
	type asked struct {
		Paging
		Site  string `query:"site" doc:"ID or name; - is what belongs to none"`
		Kind  string `query:"kind" doc:"a word of signet diff, or several with commas"`
		Since string `query:"since" doc:"a day or a time (RFC 3339): of runs that ended then or later"`
	}
	add(s, "GET /api/v1/changes", does{id: "list-changes", summary: "What changed from run to run, the newest run first and the worst of it first"}, func(ctx context.Context, in *asked) (*listed[ChangeLine], error) {
		most, err := in.most()
		if err != nil {
			return nil, err
		}
		f := hub.ChangeFilter{}
		if in.Site != "" {
			f.Site = new("")
			if in.Site != "-" {
				site, err := s.c.Desk.Site(who(ctx), in.Site)
				if err != nil {
					return nil, query("site", "there is no such site")
				}
				f.Site = &site.ID
			}
		}
		for _, word := range words(in.Kind) {
			k, err := compare.ParseKind(word)
			if err != nil {
				return nil, query("kind", "there is no such kind of change")
			}
			f.Kinds = append(f.Kinds, k)
		}
		if in.Since != "" {
			if f.Since, err = time.Parse(time.DateOnly, in.Since); err != nil {
				if f.Since, err = time.Parse(time.RFC3339, in.Since); err != nil {
					return nil, query("since", "want a day (2006-01-02) or a time of RFC 3339")
				}
			}
		}
		got, err := s.c.Hub.History(ctx, who(ctx), &f, in.Cursor, most)
		if errors.Is(err, hub.ErrCursor) {
			return nil, query("cursor", "is none of this list")
		}
		if err != nil {
			return nil, err
		}
		out := &listed[ChangeLine]{List[ChangeLine]{Items: []ChangeLine{}}}
		var one bytes.Buffer
		lines := report.JSONL().Diff(&one, &report.Options{})
		for i := range got.Items {
			c := &got.Items[i]
			one.Reset()
			if err := lines.Change(&c.Change); err != nil {
				return nil, err
			}
			about, err := json.Marshal(struct {
				ID   string    `json:"id"`
				Run  string    `json:"run"`
				Old  string    `json:"old_run"`
				Site string    `json:"site,omitempty"`
				Seen time.Time `json:"seen"`
			}{c.ID, c.Set.Run, c.Set.Before, c.Set.Site, c.Set.Ended})
			if err != nil {
				return nil, err
			}
			line := bytes.Clone(bytes.TrimSuffix(bytes.TrimSpace(one.Bytes()), []byte("}")))
			out.Body.Items = append(out.Body.Items, append(append(line, ','), about[1:]...))
		}
		if got.Next != "" {
			out.Body.Next = &got.Next
		}
		return out, nil
	})
}
