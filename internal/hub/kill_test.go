package hub

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// The environment of a process that TestKilled kills: it is the test's own program, told to be a server and nothing else.
const (
	killedStore = "SIGNET_TEST_HUB"
	killedPort  = "SIGNET_TEST_PORT"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(killedStore); path != "" {
		fmt.Fprintln(os.Stderr, beKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const killedScope = "127.9.21.0/26"

// beKilled launches one job after another, gives rows owners, and says what was promised, until it dies.
func beKilled(path string) error {
	port, err := strconv.Atoi(os.Getenv(killedPort))
	if err != nil {
		return err
	}
	ctx := context.Background()
	st, err := sqlite.Open(ctx, path, true)
	if err != nil {
		return err
	}
	d, err := desk.Open(ctx, st, desk.Config{})
	if err != nil {
		return err
	}
	e := &run.Env{Checks: all.Checks(), Tool: "signet/test"}
	if e.Limits, err = e.NewLimits(ctx, run.Limits{Allow: []string{killedScope}, Depth: signet.Anonymous, Rate: 500}); err != nil {
		return err
	}
	h, err := Open(ctx, Config{Env: e, Store: st, Desk: d, Policy: "baseline", Warn: func(s string) { fmt.Fprintln(os.Stderr, s) }})
	if err != nil {
		return err
	}
	go h.Work(ctx)
	fmt.Println("up")
	for n := 0; ; n++ {
		jobs, err := h.List(system())
		if err != nil {
			return err
		}
		i := slices.IndexFunc(jobs, func(j Job) bool { return !j.State.Ended() })
		if i < 0 {
			o := ask(port, killedScope)
			o.InFlight, o.Rate, o.Quick = 8, 500, true
			j, err := h.Launch(ctx, act(), "", &Ordered{Order: o})
			if err != nil {
				return err
			}
			fmt.Println("launched", j.ID)
			jobs, i = []Job{j}, 0
		}
		for id := jobs[i].ID; ; {
			j, changed, err := h.Job(system(), id)
			if err != nil {
				return err
			}
			if j.State.Ended() {
				fmt.Println(j.State, j.ID, j.Run)
				break
			}
			<-changed
		}
		page, err := h.View(system()).Board.Page(&estate.RowFilter{}, "", 0)
		if err != nil {
			return err
		}
		if len(page.Items) == 0 {
			continue
		}
		row, owner := page.Items[rand.IntN(len(page.Items))].ID.String(), fmt.Sprintf("%d of %d", n, os.Getpid())
		if err := h.Edit(ctx, act(), []desk.RowEdit{{ID: row, Was: store.AnyRev, Owner: &owner}}); err != nil {
			return err
		}
		fmt.Println("owner", row, owner)
	}
}

// fickle is an SMB server on every loopback address that now requires signing and now does not, so that rows come, close and come again.
func fickle(t *testing.T) (port int) {
	t.Helper()
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if !c.LocalAddr().(*net.TCPAddr).IP.IsLoopback() {
				c.Close()
				continue
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				var length [4]byte
				if _, err := io.ReadFull(c, length[:]); err != nil {
					return
				}
				if _, err := io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(length[:])&0xffffff)); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
				c.Write(negotiated(rand.IntN(2) == 0))
				io.Copy(io.Discard, c)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// negotiated is a NEGOTIATE response ([MS-SMB2] 2.2.4): dialect 2.1, signing enabled, no token.
func negotiated(required bool) []byte {
	b := make([]byte, 4+64+65)
	b[3] = 64 + 65
	copy(b[4:], "\xfeSMB\x40\x00")
	b[4+16] = 1 // a response
	body := b[4+64:]
	body[0], body[2] = 65, 1
	if required {
		body[2] = 3
	}
	body[4], body[5] = 0x10, 0x02
	for _, at := range []int{28, 32, 36} {
		binary.LittleEndian.PutUint32(body[at:], 65536)
	}
	binary.LittleEndian.PutUint16(body[56:], 128)
	return b
}

// TestKilled kills a server at random moments, times over. What it had said was done stands; what was under way goes on unasked; and its
// readings and its board are those made afresh, of the runs, by a server that was never killed.
func TestKilled(t *testing.T) {
	kills := 12
	if os.Getenv("SIGNET_LONG") != "" {
		kills = 50
	}
	path, port := filepath.Join(t.TempDir(), "s.db"), fickle(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	launched, ended, owners := map[string]bool{}, map[string]string{}, map[string]string{}
	for range kills {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), killedStore+"="+path, killedPort+"="+strconv.Itoa(port))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var timer *time.Timer
		for lines := bufio.NewScanner(out); lines.Scan(); {
			what, rest, _ := strings.Cut(lines.Text(), " ")
			id, of, _ := strings.Cut(rest, " ")
			switch what {
			case "up":
				timer = time.AfterFunc(time.Duration(rand.IntN(1200))*time.Millisecond, func() { cmd.Process.Kill() })
			case "launched":
				launched[id] = true
			case "owner":
				owners[id] = of
			case string(desk.Done):
				ended[id] = of
			default:
				t.Errorf("it says %q", lines.Text())
			}
		}
		if timer == nil || timer.Stop() {
			t.Fatal("it ended by itself")
		}
		cmd.Wait()
	}

	h := openHub(t, path, killedScope)
	var jobs []Job
	soon(t, "every job has ended, unasked", func() bool {
		if jobs, err = h.List(system()); err != nil {
			t.Fatal(err)
		}
		return !slices.ContainsFunc(jobs, func(j Job) bool { return !j.State.Ended() })
	})
	for _, j := range jobs {
		if run, said := ended[j.ID]; j.State != desk.Done || said && run != j.Run {
			t.Errorf("job %s is %s with run %q, failed %q; it was said to be %q", j.ID, j.State, j.Run, j.Failed, run)
		}
		delete(launched, j.ID)
		delete(ended, j.ID)
	}
	if len(launched)+len(ended) > 0 {
		t.Errorf("lost: %v, %v", launched, ended)
	}
	runs, err := store.AllRuns(t.Context(), h.Store)
	if err != nil || len(runs) != len(jobs) {
		t.Errorf("%d runs of %d jobs (%v)", len(runs), len(jobs), err)
	}
	soon(t, "every run has its reading", func() bool {
		heads, err := h.headed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(heads) == len(runs)
	})
	var memory *estate.Memory
	var board *estate.Board
	for i := range slices.Backward(runs) { // the oldest first
		r := &runs[i]
		stored, afresh := h.stored(t, r.ID), h.afresh(t, r)
		if stored.Head.Started != afresh.Head.Started || !reflect.DeepEqual(stored.Head.Coverage, afresh.Head.Coverage) {
			t.Errorf("run %s: the reading begins with\n%+v\nand one made afresh with\n%+v", r.ID, stored.Head, afresh.Head)
		}
		a, b := hostsOf(t, h.estate(t, stored)), hostsOf(t, h.estate(t, afresh))
		if len(a) != 64 || len(b) != 64 {
			t.Fatalf("run %s: the reading has %d hosts, and one made afresh %d, of 64", r.ID, len(a), len(b))
		}
		for k := range a {
			if !reflect.DeepEqual(a[k], b[k]) {
				t.Errorf("run %s: the reading has\n%+v\nand one made afresh\n%+v", r.ID, a[k], b[k])
			}
		}
		board, memory = h.estate(t, afresh).Board(memory)
	}
	want := allRows(t, board)
	soon(t, "the newest run stands on the board", func() bool {
		got := allRows(t, h.View(system()).Board)
		return len(got) == len(want) && slices.ContainsFunc(got, func(r estate.Row) bool { return r.Run == runs[0].ID })
	})
	got := allRows(t, h.View(system()).Board)
	for i := range got {
		if owner, said := owners[got[i].ID.String()]; said && got[i].Mark.Owner != owner {
			t.Errorf("row %s is %q's, and was given to %q", got[i].ID, got[i].Mark.Owner, owner)
		}
		got[i].Mark, got[i].Owner = estate.Mark{}, "" // what people say, which is not made of runs
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("a row is\n%+v\nand afresh\n%+v", got[i], want[i])
		}
	}
	t.Logf("%d kills, %d jobs, %d rows, %d owners given", kills, len(jobs), len(got), len(owners))
}

// stored is the reading that a run has in the store.
func (h *openedHub) stored(t *testing.T, id string) *estate.Reading {
	t.Helper()
	heads, err := h.headed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.load(t.Context(), id, heads[id])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// afresh makes the reading of a run from what is stored of the run.
func (h *openedHub) afresh(t *testing.T, r *store.Run) *estate.Reading {
	t.Helper()
	j, err := h.judge("baseline", "")
	if err != nil {
		t.Fatal(err)
	}
	var parts [][]byte
	m := estate.NewMaker(h.Env.Checks, j, func(part []byte) error { parts = append(parts, part); return nil })
	in := &run.Stored{Store: h.Store, Runs: []store.Run{*r}}
	if _, err := h.Env.Report(t.Context(), in.Input(t.Context(), r), &run.Replay{Judge: j}, m); err != nil {
		t.Fatal(err)
	}
	made, err := estate.Decode(parts)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (h *openedHub) estate(t *testing.T, r *estate.Reading) *estate.Estate {
	t.Helper()
	j, err := h.judge("baseline", "")
	if err != nil {
		t.Fatal(err)
	}
	return estate.New(h.Env.Checks, []estate.Source{{Reading: r, Judge: j}})
}

func hostsOf(t *testing.T, e *estate.Estate) (list []estate.Host) {
	t.Helper()
	for after := ""; ; {
		page, err := e.HostsPage(&estate.HostFilter{}, after, 0)
		if err != nil {
			t.Fatal(err)
		}
		if list, after = append(list, page.Items...), page.Next; after == "" {
			return list
		}
	}
}

func allRows(t *testing.T, b *estate.Board) (list []estate.Row) {
	t.Helper()
	for after := ""; ; {
		page, err := b.Page(&estate.RowFilter{}, after, 0)
		if err != nil {
			t.Fatal(err)
		}
		if list, after = append(list, page.Items...), page.Next; after == "" {
			return list
		}
	}
}
