package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"signet/internal/store"
)

// Loaded is what became of a line of a table, or would.
type Loaded struct {
	ID     string // of what it is about; "": of what is still to be made
	Does   Does
	Fields []string // that change, as JSON names them
	Err    error    // a *FieldError: nothing of the table is loaded
}

// Does is what a line of a table does. The zero value is nothing.
type Does string

const (
	Keeps   Does = "keep" // all is so already
	Makes   Does = "make"
	Changes Does = "change"
	Stale   Does = "changed-since" // somebody changed it since the table was written: it is left as it stands
	Unknown Does = "unknown"       // there is no such thing: the line is left out
)

// MostLoaded is how many lines of a table may make or change something at once.
const MostLoaded = 1000

// errDry ends a load that is only tried.
var errDry = errors.New("nothing is to be written")

// loadLines has lines planned one after another, and written if none is wrong and it is no trial.
func (d *Desk) loadLines(ctx context.Context, act Act, n int, dry bool, line func(p *plan, i int) (Loaded, error), end func(p *plan, changed int)) ([]Loaded, error) {
	out := make([]Loaded, n)
	err := d.change(ctx, act, func(p *plan) error {
		wrongs, changed := 0, 0
		for i := range out {
			l, err := line(p, i)
			if f, ok := errors.AsType[*FieldError](err); ok {
				l.Err = f
			} else if err != nil {
				return err
			}
			if l.Does == Makes || l.Does == Changes {
				if changed++; changed > MostLoaded && l.Err == nil {
					l.Err = wrong("id", "more than %d lines make or change something: load them in parts", MostLoaded)
				}
			}
			if out[i] = l; l.Err != nil {
				wrongs++
			}
			if wrongs > 100 { // as many as anybody reads
				break
			}
		}
		if dry || wrongs > 0 {
			return errDry
		}
		if end != nil {
			end(p, changed)
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return out, err
}

// making is how many documents of a kind a plan makes.
func (p *plan) making(kind string) (n int) {
	for i := range p.changes {
		if e := &p.changes[i].edit; e.Kind == kind && e.Was == 0 && e.Body != nil {
			n++
		}
	}
	return n
}

// differing are the fields of a document that are not as before.
func differing(before, after any) ([]string, error) {
	var a, b map[string]json.RawMessage
	for _, v := range []struct {
		from any
		to   *map[string]json.RawMessage
	}{{before, &a}, {after, &b}} {
		text, err := json.Marshal(v.from)
		if err == nil {
			err = json.Unmarshal(text, v.to)
		}
		if err != nil {
			return nil, err
		}
	}
	var fields []string
	for name := range b {
		if !bytes.Equal(a[name], b[name]) {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields, nil
}

// SiteLine is a line of a table of sites. It is about the site of an ID or, where there is none, of a name, which is made where it is missing.
type SiteLine struct {
	ID, Name string
	Was      uint64      // a revision, or store.AnyRev
	Set      func(*Site) // says over a site what the line says
}

// LoadSites makes and changes sites: all of them or, where a line is wrong, none. Sites that no line is about stay. dry writes nothing.
func (d *Desk) LoadSites(ctx context.Context, act Act, lines []SiteLine, dry bool) ([]Loaded, error) {
	if !Allow(act.Who, Arrange, "") {
		return nil, ErrForbidden
	}
	names := map[string]bool{}
	return d.loadLines(ctx, act, len(lines), dry, func(p *plan, i int) (Loaded, error) {
		l := &lines[i]
		var s Site
		k, err := d.sites.get(l.ID)
		if l.ID == "" {
			var known bool
			if k, known = d.sites.find(func(v *Site) bool { return folded(v.Name) == folded(l.Name) }); known {
				err = nil
			}
		} else if err != nil {
			return Loaded{ID: l.ID}, wrong("id", "there is no site of that ID: leave it out to make one")
		}
		if err == nil {
			s = siteOf(k)
		}
		before := s
		s.Name = l.Name
		l.Set(&s)
		if err := d.checkSite(&s); err != nil {
			return Loaded{ID: s.ID}, err
		}
		if names[folded(s.Name)] {
			return Loaded{ID: s.ID}, wrong("name", "stands in the table twice")
		}
		names[folded(s.Name)] = true
		out := Loaded{ID: s.ID, Does: Makes}
		if s.ID != "" {
			if out.Fields, err = differing(before, s); err != nil || len(out.Fields) == 0 {
				out.Does = Keeps
				return out, err
			}
			out.Does = Changes
			if p.planned(d.sites.kind, s.ID) {
				return out, wrong("id", "stands in the table twice")
			}
			if l.Was != store.AnyRev && l.Was != s.Rev {
				return out, wrong("version", "somebody changed the site since: export the table again")
			}
		}
		err = d.planSite(p, &s, s.Rev)
		if errors.Is(err, ErrTooMany) {
			err = wrong("name", "there would be more than %d sites", mostSites)
		}
		if !dry {
			out.ID = s.ID
		}
		return out, err
	}, func(p *plan, changed int) {
		if changed > 0 {
			p.note("sites.load", "", "sites", fmt.Sprint(changed))
		}
	})
}

// ExceptionLine is a line of a table of exceptions: about that of an ID, or a new one.
type ExceptionLine struct {
	ID  string
	Was uint64 // a revision, or store.AnyRev
	ExceptionChange
}

// LoadExceptions proposes, approves and changes exceptions, as whoever does it may: all of them or, where a line is wrong, none. Exceptions that no
// line is about stay. dry writes nothing.
func (d *Desk) LoadExceptions(ctx context.Context, act Act, lines []ExceptionLine, dry bool) ([]Loaded, error) {
	return d.loadLines(ctx, act, len(lines), dry, func(p *plan, i int) (Loaded, error) {
		l := &lines[i]
		if l.Site != nil {
			site, err := d.siteOfException(act.Who, *l.Site)
			if err != nil {
				return Loaded{ID: l.ID}, err
			}
			l.Site = &site
		}
		if l.ID == "" {
			e := Exception{State: Proposed}
			l.set(&e)
			if !Allow(act.Who, Propose, e.Site) {
				return Loaded{Does: Makes}, wrong("site", "name a site at which you may propose")
			}
			approve := l.State == nil && Allow(act.Who, Approve, e.Site)
			switch {
			case l.State == nil || *l.State == Proposed:
			case *l.State != Approved:
				return Loaded{Does: Makes}, wrong("state", "%.40q is no state: want proposed or approved", string(*l.State))
			case !Allow(act.Who, Approve, e.Site):
				return Loaded{Does: Makes}, wrong("state", "an admin approves: leave it out to propose")
			default:
				approve = true
			}
			err := d.planException(p, &e, approve)
			if errors.Is(err, ErrTooMany) {
				err = wrong("rule", "there would be more than %d exceptions", mostExceptions)
			}
			out := Loaded{Does: Makes}
			if !dry {
				out.ID = e.ID
			}
			return out, err
		}
		out := Loaded{ID: l.ID, Does: Changes}
		k, err := d.exceptionAt(act.Who, l.ID, store.AnyRev)
		if err != nil {
			return out, wrong("id", "there is no exception of that ID: leave it out to make one")
		}
		e := k.v
		l.set(&e)
		if l.State != nil {
			e.State = *l.State
		}
		if out.Fields, err = differing(k.v, e); err != nil || len(out.Fields) == 0 {
			out.Does = Keeps
			return out, err
		}
		if p.planned(d.exceptions.kind, l.ID) {
			return out, wrong("id", "stands in the table twice")
		}
		if l.Was != store.AnyRev && l.Was != k.rev {
			return out, wrong("version", "somebody changed the exception since: export the table again")
		}
		if err = d.planExceptionChange(p, k, l.ExceptionChange); errors.Is(err, ErrForbidden) {
			err = wrong("id", "an admin changes and approves it: whoever proposes may change proposals of their own")
		}
		return out, err
	}, func(p *plan, changed int) {
		if changed > 0 {
			p.note("exceptions.load", "", "exceptions", fmt.Sprint(changed))
		}
	})
}

// LoadRows changes what is said of rows of the board, as one change in the audit log. A row that somebody changed since is left as it stands, and
// Does says so; where a line is wrong, none is changed. dry writes nothing.
func (d *Desk) LoadRows(ctx context.Context, act Act, edits []RowEdit, dry bool) ([]Loaded, error) {
	for i := range edits {
		if !Allow(act.Who, Work, edits[i].Site) {
			return nil, ErrForbidden
		}
	}
	seen := map[string]bool{}
	return d.loadLines(ctx, act, len(edits), dry, func(p *plan, i int) (Loaded, error) {
		e := &edits[i]
		out := Loaded{ID: e.ID, Does: Keeps}
		if e.ID == "" || len(e.ID) > mostRowID {
			return out, wrong("id", "want 1 to %d bytes", mostRowID)
		}
		if seen[e.ID] {
			return out, wrong("id", "stands in the table twice")
		}
		seen[e.ID] = true
		was := d.Row(e.ID)
		r := was
		if _, err := r.set(e); err != nil {
			return out, err
		}
		var err error
		if out.Fields, err = differing(was, r); err != nil || len(out.Fields) == 0 {
			return out, err
		}
		if e.Was != was.Rev {
			out.Does = Stale
			return out, nil
		}
		out.Does = Changes
		if len(p.entries) == 0 { // one for all of them, which what is noted of each row names
			p.note("findings.load", "")
		}
		r.By, r.At = act.Who.ID, p.now
		return out, errors.Join(d.rows.put(p, e.ID, was.Rev, r), d.noteRow(p, e.ID, &was, &r))
	}, func(p *plan, changed int) {
		if changed > 0 {
			p.entries[0].Detail = map[string]string{"findings": fmt.Sprint(changed)}
		}
	})
}
