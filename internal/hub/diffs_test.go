package hub

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/internal/compare"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/store"
)

// TestDiff: what is different between two runs is made once, is that of `signet diff -o jsonl`, whatever page of it is asked for, and is made
// anew under another policy.
func TestDiff(t *testing.T) {
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"))
	ctx := t.Context()
	before, after := imported(t, h, "1", true), imported(t, h, "2", false)
	var want []string
	a, _, err := h.opened(ctx, system(), before)
	if err != nil {
		t.Fatal(err)
	}
	b, r, err := h.opened(ctx, system(), after)
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.Env.Compare(ctx, a, b, r.Judge)
	if err != nil {
		t.Fatal(err)
	}
	var one bytes.Buffer
	lines := report.JSONL().Diff(&one, &report.Options{})
	sum, err := c.Changes(ctx, func(c *compare.Change) error {
		one.Reset()
		err := lines.Change(c)
		want = append(want, strings.TrimSpace(one.String()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < partLines+partLines/8 {
		t.Fatalf("%d changes are too few to tell", len(want))
	}

	// However many ask at once, one is made.
	var made sync.Map
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			d, err := h.Diff(ctx, system(), before, after)
			if err != nil {
				t.Error(err)
				return
			}
			made.Store(d, true)
		})
	}
	wg.Wait()
	var d *Diffed
	n := 0
	made.Range(func(k, _ any) bool { d = k.(*Diffed); n++; return true })
	if n != 1 || d.Sum != *sum || d.Header.Old != before || d.Header.New != after {
		t.Fatalf("%d were made: %+v", n, d)
	}
	first := 0
	for kind, list := range d.First {
		first += len(list)
		if len(list) != int(min(sum.Changes[kind], FirstChanges)) {
			t.Errorf("%d of %d %v", len(list), sum.Changes[kind], kind)
		}
	}
	if first == 0 {
		t.Error("no change is shown")
	}

	paged := func(most int) (got []string) {
		t.Helper()
		for more := true; more; {
			var list [][]byte
			var err error
			if list, more, err = h.DiffLines(ctx, system(), before, after, uint64(len(got)), most); err != nil {
				t.Fatal(err)
			}
			for _, l := range list {
				got = append(got, string(l))
			}
			if len(list) > most || more && len(list) < most {
				t.Fatalf("a page of %d, of %d at most", len(list), most)
			}
		}
		return got
	}
	for _, most := range []int{1, 100, 255, 256, 257, 500, len(want), len(want) + 1} {
		if got := paged(most); !slices.Equal(got, want) {
			t.Fatalf("pages of %d: %d lines, want %d", most, len(got), len(want))
		}
	}
	// Where not all of it is kept, the rest is made again.
	d.whole, d.lines, d.parts = false, partLines, d.parts[:1]
	if got := paged(200); !slices.Equal(got, want) {
		t.Errorf("where not all is kept: %d lines, want %d", len(got), len(want))
	}

	// Another policy, other words; and who may not see the runs sees no comparison of them, though it is there.
	if _, err := h.Desk.ChangeSettings(ctx, act(), desk.Settings{Policy: "strict"}, h.Desk.Settings().Rev); err != nil {
		t.Fatal(err)
	}
	if other, err := h.Diff(ctx, system(), before, after); err != nil || other == d || other.Header.Policy == d.Header.Policy {
		t.Errorf("%v: under another policy it is the same", err)
	}
	if _, err := h.Diff(ctx, desk.Who{Via: desk.BySession, Role: desk.Admin, Sites: []string{"x"}}, before, after); err == nil {
		t.Error("who is limited to a site sees runs of none")
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := h.Diff(gone, system(), after, before); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits for it: %v", err)
	}
}

// TestDiffUnderAFile: where a file of the command line judges, an exception that is approved makes another comparison, too.
func TestDiffUnderAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ours.yaml")
	if err := os.WriteFile(file, []byte("name: ours\nversion: 1\nextends: baseline\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := openHubWith(t, filepath.Join(t.TempDir(), "s.db"), nil, func(c *Config) { c.Policy = file })
	before, err := h.diffKey(t.Context(), "1", "2", "2")
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Desk.ProposeException(t.Context(), act(), desk.Exception{Rule: "rdp-nla-not-required", Scope: desk.Terms{"127.9.4.1"}, Owner: "ops", Reason: "old", Until: time.Now().AddDate(1, 0, 0).Format(time.DateOnly)})
	if err != nil {
		t.Fatal(err)
	}
	if other, err := h.diffKey(t.Context(), "1", "2", "2"); err != nil || other == before {
		t.Errorf("an exception does not change it: %v", err)
	}
}

// imported stores a run of three times the hosts of the sample, of a number; without them it has those of the first alone.
func imported(t *testing.T, h *openedHub, number string, whole bool) string {
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
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	head := all[0]
	var out strings.Builder
	out.WriteString(head + "\n")
	for _, net := range []string{"127.20.", "127.21.", "127.22."} {
		for _, l := range all[1 : len(all)-1] {
			if strings.Contains(l, `"address":"127.20.`) && strings.HasPrefix(l, `{"kind":"endpoint"`) && (whole || net == "127.20.") {
				out.WriteString(strings.ReplaceAll(l, "127.20.", net) + "\n")
			}
		}
	}
	var run struct{ Run string }
	for part := range strings.SplitSeq(head, ",") {
		if v, ok := strings.CutPrefix(part, `"run":"`); ok {
			run.Run = strings.TrimSuffix(v, `"`)
		}
	}
	fmt.Fprintf(&out, "{\"kind\":\"summary\",\"run\":%q,\"ended\":\"2026-11-22T13:11:14.943Z\",\"observations\":%d}\n", run.Run, strings.Count(out.String(), "\n")-1)
	id := run.Run[:len(run.Run)-1] + number
	ids, err := h.Import(t.Context(), act(), strings.NewReader(strings.ReplaceAll(out.String(), run.Run, id)))
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	return ids[0]
}

// TestGraphsAreKept: a picture is drawn once for each step that is opened, is the estate's own, and outlives what people say of rows.
func TestGraphsAreKept(t *testing.T) {
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"))
	if err := h.LoadSample(t.Context(), act()); err != nil {
		t.Fatal(err)
	}
	rule := estate.Opened{Rule: "smb-signing-not-required"}
	whole, opened := h.View(system()).Graph(estate.Opened{}), h.View(system()).Graph(rule)
	if !reflect.DeepEqual(whole, h.View(system()).Estate.Graph(estate.Opened{})) || !reflect.DeepEqual(opened, h.View(system()).Estate.Graph(rule)) || reflect.DeepEqual(whole, opened) || len(whole.Nodes) == 0 {
		t.Error("what is kept is not the estate's")
	}
	row := rowsIn(t, h.View(system()).Board, estate.Open)[0]
	owner := "ada"
	if err := h.Edit(t.Context(), act(), []desk.RowEdit{{ID: row.ID.String(), Was: store.AnyRev, Owner: &owner}}); err != nil {
		t.Fatal(err)
	}
	if h.View(system()).Graph(estate.Opened{}) != whole || h.View(system()).Graph(rule) != opened {
		t.Error("it is drawn again")
	}
	for i := range mostGraphs + 5 {
		h.View(system()).Graph(estate.Opened{Rule: fmt.Sprint(i)})
	}
	if n := len(h.View(system()).graphs.last); n != mostGraphs {
		t.Errorf("%d are kept", n)
	}
	if err := h.RemoveSample(t.Context(), act()); err != nil {
		t.Fatal(err)
	}
	if g := h.View(system()).Graph(estate.Opened{}); g == whole || len(g.Nodes) != 0 {
		t.Errorf("of another estate it shows %+v", g)
	}
}
