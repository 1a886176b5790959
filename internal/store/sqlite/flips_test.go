package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/internal/store"
	"signet/internal/store/reading"
	"signet/internal/store/storetest"
)

// view is all that commands show of a store, as text: the runs, everything in them, and their indexes.
func view(ctx context.Context, s store.Store) (string, error) {
	var runs []store.Run
	for after, more := (store.Cursor{}), true; more; more = after != (store.Cursor{}) { // one by one, as damage may hide from a page
		page, next, err := s.Runs(ctx, after, 1)
		if err != nil {
			return "", err
		}
		runs, after = append(runs, page...), next
	}
	var b bytes.Buffer
	for i := range runs {
		fmt.Fprintf(&b, "%+v\n", runs[i])
		if runs[i].Damaged {
			return "", store.ErrDamaged // which `signet runs` says
		}
		if err := store.Export(ctx, &b, s, &runs[i]); err != nil {
			return "", err
		}
		for h := range 3 {
			for o, err := range store.OfHost(ctx, s, &runs[i], storetest.Observation(50*h).Addr) {
				if err != nil {
					return "", err
				}
				fmt.Fprintln(&b, o.Endpoint)
			}
		}
		for o, err := range store.Observations(ctx, s, &runs[i], store.ByAddress) {
			if err != nil {
				return "", err
			}
			fmt.Fprintln(&b, o.Endpoint)
		}
		ix, err := store.ReadIndex(ctx, s, &runs[i])
		if err != nil {
			return "", err
		}
		for h := range ix.Hosts() {
			fmt.Fprintln(&b, h)
		}
	}
	for _, kind := range []string{"user", "part"} {
		list, err := s.(store.Desk).Documents(ctx, kind, "", "", 1000)
		if err != nil {
			return "", err
		}
		for _, d := range list {
			fmt.Fprintf(&b, "%+v\n", d)
		}
	}
	return b.String(), nil
}

// checked is what `signet runs check` finds wrong with a store.
func checked(t *testing.T, s store.Store) (list []string) {
	t.Helper()
	tell := func(line string) {
		if strings.ContainsAny(line, "\r\n") || line == "" {
			t.Errorf("%q is not one line", line)
		}
		list = append(list, line)
	}
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil {
		return []string{err.Error()}
	}
	if _, err := store.Check(t.Context(), s, runs, tell); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context(), tell); err != nil {
		t.Fatal(err)
	}
	return list
}

// manifold is a database of several runs, closed: with and without transcripts, of one row, of none, one that goes on in another
// transaction, and the room of one that was deleted.
func manifold(t *testing.T) string {
	t.Helper()
	path := filled(t, 700)
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	storeRun(t, s, "short", 1)
	storeRun(t, s, "empty", 0)
	storeRun(t, s, "gone", 900)
	storeRun(t, s, "later", 300)
	run := *storetest.NewRun("later")
	r, err := store.GoOn(t.Context(), s, &run, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 300; i < 340; i++ {
		if err := r.Record(storetest.Observation(i), i%2 == 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(func(run *store.Run) { run.Ended = storetest.Started() }); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	var edits []store.Edit
	for i := range 30 {
		edits = append(edits, store.Edit{Kind: "user", ID: fmt.Sprint("u", i), Body: fmt.Appendf(nil, `{"name":"user %d"}`, i)})
	}
	edits = append(edits, store.Edit{Kind: "part", ID: "0", Body: bytes.Repeat([]byte("part"), 5000)}, store.Edit{Kind: "user", ID: "u7", Was: store.AnyRev})
	if _, err := s.Write(t.Context(), edits...); err != nil {
		t.Fatal(err)
	}
	return path
}

// No bit of a database can turn over and change what a command shows, unless the command or `signet runs check` says so. A bit is
// harmless where neither says anything and everything that is shown is as before, for a run that is stored afterwards too: it lies
// in room that no record takes.
func TestFlips(t *testing.T) {
	n := 150
	if os.Getenv("SIGNET_LONG") != "" {
		n = 1100
	}
	path := manifold(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	want, err := view(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if list := checked(t, s); len(list) > 0 {
		t.Fatalf("the whole database: %q", list)
	}
	s.Close()
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(15, 1))
	var reading, checking, harmless int
	for i := range n {
		at, bit := random.IntN(len(whole)), random.IntN(8)
		if i < 40 { // where the file says what it is, and where the records of runs are
			at = random.IntN(4 << 10)
		}
		b := bytes.Clone(whole)
		b[at] ^= 1 << bit
		copied := filepath.Join(dir, fmt.Sprintf("%d.db", i))
		if err := os.WriteFile(copied, b, 0o600); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("bit %d of byte %d of page %d", bit, at%4096, 1+at/4096)
		s, err := Open(t.Context(), copied, false)
		if err != nil {
			reading++
			continue
		}
		got, err := view(t.Context(), s)
		list := checked(t, s)
		switch {
		case err != nil:
			reading++
			if errors.Is(err, store.ErrDamaged) && len(list) == 0 {
				t.Errorf("%s: reading says %v, and the check says nothing", name, err)
			}
		case len(list) > 0:
			checking++
		case got != want:
			t.Errorf("%s: something else is shown, and nothing is said", name)
		default:
			harmless++
			storeRun(t, s, "after", 100)
			if n := count(t, s, "after"); n != 100 {
				t.Errorf("%s: %d rows of 100 are stored afterwards", name, n)
			}
			if err := s.Delete(t.Context(), "after"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if got, err := view(t.Context(), s); err != nil || got != want {
				t.Errorf("%s: something else is shown after another run was stored, %v", name, err)
			}
		}
		s.Close()
		os.Remove(copied)
	}
	t.Logf("%d bits of %d bytes: reading tells of %d, the check alone of %d, %d are in unused room", n, len(whole), reading, checking, harmless)
	if reading < n/3 {
		t.Errorf("reading tells of %d bits in %d", reading, n)
	}
}

// What is damaged is named: the run, the rows, whose they are, and what to do; everything else is still read.
func TestDamagedSegment(t *testing.T) {
	path := manifold(t)
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var id int64
	if err := s.read.QueryRow("SELECT id FROM segment ORDER BY id LIMIT 1 OFFSET 1").Scan(&id); err != nil {
		t.Fatal(err)
	}
	// A change that leaves a body that can be read: of the time of an observation.
	var body []byte
	if err := s.read.QueryRow("SELECT body FROM segment WHERE id = ?", id).Scan(&body); err != nil {
		t.Fatal(err)
	}
	var r store.Row
	rest, err := reading.ReadRow(&r, body)
	if err != nil {
		t.Fatal(err)
	}
	was := len(body) - len(rest)
	changed := r
	changed.State ^= stateOpenBit
	body = append(reading.AppendRow(nil, &changed), body[was:]...)
	if _, err := s.write.Exec("UPDATE segment SET body = ? WHERE id = ?", body, id); err != nil {
		t.Fatal(err)
	}
	for _, order := range []store.Order{store.AsStored, store.ByAddress} {
		var failed error
		for _, err := range store.Observations(t.Context(), s, storetest.NewRun("a-run"), order) {
			if err != nil {
				failed = err
			}
		}
		wantLine(t, failed, "run a-run", "rows 65 to 128", "(of 10.", "other addresses", "restore the store", "signet runs check")
		if !errors.Is(failed, store.ErrDamaged) {
			t.Error("it is not ErrDamaged")
		}
	}
	rows := 0
	for r, err := range s.Rows(t.Context(), "a-run", store.Which{}) {
		if err == nil && r != nil {
			rows++
		}
	}
	if rows != 700-64 {
		t.Errorf("%d rows can be read", rows)
	}
	if n := count(t, s, "later"); n != 340 {
		t.Errorf("%d rows of another run can be read", n)
	}
	if list := checked(t, s); len(list) != 1 || !strings.Contains(list[0], "run a-run: rows 65 to 128") {
		t.Errorf("the check says %q", list)
	}
}

// stateOpenBit is a bit of a row's state that both ways mean something.
const stateOpenBit = 0x10

// Each record besides the rows has a checksum, too, and the rows are counted.
func TestDamagedRecords(t *testing.T) {
	for _, test := range []struct{ statement, want string }{
		{"UPDATE run SET head = replace(head, 'signet/test', 'signet/tesu') WHERE id = 'later'", "run later: the record of the run itself"},
		{"UPDATE run SET started = started + 1 WHERE id = 'later'", "run later: the record of the run itself"},
		{"UPDATE run SET gone = 1 WHERE id = 'later'", "run later: the record of the run itself"},
		{"UPDATE run SET count = count + 1 WHERE id = 'later'", "run later: the record of the run itself"},
		{"UPDATE run SET sum = NULL WHERE id = 'later'", "run later: the record of the run itself"},
		{"UPDATE run SET id = 'lates' WHERE id = 'later'", "run lates: the record of the run itself"},
		{"UPDATE kind SET name = 'http' WHERE id = 1", `the dictionary of the check "http"`},
		{"UPDATE kind SET facts = zeroblob(length(facts)) WHERE id = 1", `the dictionary of the check "smb"`},
		{"UPDATE kind SET version = 7 WHERE id = 1", `the dictionary of the check "smb"`},
		{"UPDATE page SET rows = rows - 1", "the index of the rows from 1 on"},
		{"UPDATE page SET body = zeroblob(length(body))", "the index of the rows from 1 on"},
		{"UPDATE sieve SET body = zeroblob(length(body))", "the index of the rows from 1 on"},
		{"UPDATE sieve SET sum = NULL", "the index of the rows from 1 on"},
		{"UPDATE segment SET id = id + 1 WHERE id = (SELECT max(id) FROM segment)", "run later: rows 302 to"},
		{"DELETE FROM segment WHERE id = (SELECT max(id) FROM segment)", "run later: 300 rows can be found, and it counts 340"},
		{"DELETE FROM run WHERE id = 'later'", "of the table segment belong to no run"},
		{"UPDATE segment SET sum = NULL", "rows 1 to 64"},
		{"UPDATE sqlite_sequence SET seq = 0", "the counter of runs"},
	} {
		path := manifold(t)
		raw(t, path, test.statement)
		s, err := Open(t.Context(), path, false)
		if err != nil {
			t.Fatal(err)
		}
		list := checked(t, s)
		if !strings.Contains(strings.Join(list, "\n"), test.want) {
			t.Errorf("%s: the check says %q", test.statement, list)
		}
		if _, err := view(t.Context(), s); err == nil && !strings.Contains(test.statement, "sqlite_sequence") && !strings.Contains(test.statement, "DELETE FROM run") {
			t.Errorf("%s: everything can be read", test.statement)
		}
		s.Close()
	}
}

// A run that seems to be deleted by a bit that turned over is not taken away by who deletes another; and one whose record is
// damaged can be deleted.
func TestDamagedRunIsKept(t *testing.T) {
	path := manifold(t)
	raw(t, path, "UPDATE run SET gone = 1 WHERE id = 'later'")
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Delete(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	var segments int
	if err := s.read.QueryRow("SELECT count(*) FROM segment").Scan(&segments); err != nil || segments < 5 {
		t.Errorf("%d segments are left, %v", segments, err)
	}
	if err := s.Delete(t.Context(), "later"); err != nil {
		t.Fatal(err)
	}
	if list := checked(t, s); len(list) > 0 {
		t.Errorf("after it was deleted the check says %q", list)
	}
	if runs, err := store.AllRuns(t.Context(), s); err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// The rows of a database of before have no checksums, and are read without; its runs say so, and what is stored now has them.
func TestUnsealed(t *testing.T) {
	path := manifold(t)
	for _, statement := range []string{"ALTER TABLE segment DROP COLUMN sum", undo()[7], undo()[6], undo()[5], "PRAGMA user_version = 5"} {
		raw(t, path, statement)
	}
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if list := checked(t, s); len(list) > 0 {
		t.Errorf("the check says %q", list)
	}
	storeRun(t, s, "new", 100)
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range runs {
		if runs[i].Unsealed != (runs[i].ID != "new") {
			t.Errorf("run %s: unsealed %v", runs[i].ID, runs[i].Unsealed)
		}
	}
	if _, err := s.write.Exec("UPDATE segment SET sum = NULL"); err != nil {
		t.Fatal(err)
	}
	if list := checked(t, s); len(list) != 2 || !strings.Contains(list[0], "run new: rows 1 to 64") {
		t.Errorf("without checksums in a new run the check says %q", list)
	}
}
