package pages

import (
	"context"
	"errors"
	"slices"

	"signet"
	"signet/internal/compare"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/text"
)

// runsPage is runs, the newest first.
type runsPage struct {
	Runs        []runShown
	Next, First string
}

func (*runsPage) title() string { return "Runs" }

// runShown is a run as it is listed.
type runShown struct {
	store.Run
	State    string
	Verdicts []verdictCount // as they were judged when it was made
	Before   string         // the run before it that asked the same
}

type verdictCount struct {
	Word string
	N    uint64
}

func shownRun(r *store.Run, all []store.Run) runShown {
	out := runShown{Run: *r, State: run.State(r)}
	out.Targets, out.Warnings, out.Failed = text.CleanAll(r.Targets), text.CleanAll(r.Warnings), text.Clean(r.Failed)
	if len(r.Verdicts) > 0 {
		c := report.CountsOf(r.Verdicts)
		for _, v := range signet.Verdicts() {
			out.Verdicts = append(out.Verdicts, verdictCount{v.String(), c[v]})
		}
	}
	at := slices.IndexFunc(all, func(o store.Run) bool { return o.ID == r.ID })
	for i := at + 1; at >= 0 && i < len(all); i++ {
		if o := &all[i]; o.Finished() && o.Stands() && o.Scope == r.Scope && slices.Equal(o.Checks, r.Checks) {
			out.Before = o.ID
			break
		}
	}
	return out
}

func (p *Pages) runs(a *ask) (any, error) {
	runs, err := p.Hub.Runs(a.Context(), a.who)
	if err != nil {
		return nil, err
	}
	out := &runsPage{}
	from := 0
	if c := a.q.Get("cursor"); c != "" {
		at := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == c })
		if at < 0 {
			return nil, estate.ErrCursor
		}
		from = at + 1
	}
	next := ""
	for i := from; i < len(runs); i++ {
		if len(out.Runs) == pageRows {
			next = runs[i-1].ID
			break
		}
		out.Runs = append(out.Runs, shownRun(&runs[i], runs))
	}
	out.Next, out.First = pager(a.q, next)
	return out, nil
}

// runPage is one run, and the reports of it.
type runPage struct {
	runShown
	Formats []string
	Others  []store.Run
}

func (r *runPage) title() string { return "Run " + r.ID }

const mostOthers = 200

func (p *Pages) run(a *ask) (any, error) {
	r, runs, err := p.runOf(a, a.PathValue("id"))
	if err != nil {
		return nil, err
	}
	out := &runPage{runShown: shownRun(r, runs)}
	for _, f := range p.Formats {
		out.Formats = append(out.Formats, f.Name)
	}
	for i := range runs {
		if o := &runs[i]; o.ID != r.ID && o.Stands() && len(out.Others) < mostOthers {
			out.Others = append(out.Others, *o)
		}
	}
	return out, nil
}

// diffPage is what is different between two runs.
type diffPage struct {
	Old, New string
	Header   *report.DiffHeader // nil: the runs are still to be chosen
	Kinds    []changes
	Runs     []store.Run
	Same     uint64
}

func (*diffPage) title() string { return "Two runs compared" }

// changes are those of one kind.
type changes struct {
	Title, About string
	All          uint64
	Shown        []changeShown
}

// Left is how many are not shown.
func (c changes) Left() uint64 { return c.All - uint64(len(c.Shown)) }

// changeShown is a change in words.
type changeShown struct {
	At, Name, Check, Text string
	Because               []string
}

func (p *Pages) diff(a *ask) (any, error) {
	runs, err := p.Hub.Runs(a.Context(), a.who)
	if err != nil {
		return nil, err
	}
	out := &diffPage{Old: a.q.Get("old"), New: a.q.Get("new")}
	for i := range runs {
		if runs[i].Stands() && len(out.Runs) < mostOthers {
			out.Runs = append(out.Runs, runs[i])
		}
	}
	if out.Old == "" || out.New == "" {
		return out, nil
	}
	for _, id := range []string{out.Old, out.New} {
		if !slices.ContainsFunc(runs, func(r store.Run) bool { return r.ID == id }) {
			return nil, store.NoDocument("run", id)
		}
	}
	d, err := p.Hub.Diff(a.Context(), a.who, out.Old, out.New)
	if err != nil {
		if ctx := a.Context().Err(); errors.Is(err, context.Canceled) && ctx != nil {
			return nil, ctx
		}
		return nil, err
	}
	out.Header = &d.Header
	for _, kind := range compare.Kinds() {
		if d.Sum.Changes[kind] == 0 || kind == compare.Same {
			continue
		}
		k := changes{All: d.Sum.Changes[kind]}
		k.Title, k.About = report.KindWords(kind)
		for i := range d.First[kind] {
			k.Shown = append(k.Shown, shownChange(&d.First[kind][i]))
		}
		out.Kinds = append(out.Kinds, k)
	}
	out.Same = d.Sum.Changes[compare.Same]
	return out, nil
}
