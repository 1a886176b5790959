package cli

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/store/storetest"
)

// finished waits for the end of a job.
func (s *server) finished(job map[string]any) map[string]any {
	s.t.Helper()
	for begin := time.Now(); job["state"] != "done" && job["state"] != "failed"; time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			s.t.Fatalf("the job: %v; %s", job, s.said)
		}
		job = s.call(200, "GET", "jobs/"+job["id"].(string), nil)
	}
	return job
}

// did runs a program that has to succeed.
func did(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestServePostgres: the first days over PostgreSQL, with what a server of databases does: a second one is refused, a kill in the midst of a
// job, the end of connections and of the database in the midst of others, a dump and its return.
func TestServePostgres(t *testing.T) {
	db := storetest.StartPostgres(t)
	at := db.Database(t)
	dir := t.TempDir()
	smtp, took := postbox(t)
	remote(t, "127.32.17.1:3389")
	waits := hold(t, "127.32.17.2:3389")
	args := []string{"--store", at, "--allow", "127.32.17.0/24", "--smtp", smtp}
	s := startServer(t, dir, nil, args...)
	second := asProgram(t, dir, "serve", "--listen", "127.0.0.1:0", "--store", at)
	second.Env = slices.DeleteFunc(second.Env, func(kv string) bool {
		return strings.HasPrefix(kv, "SIGNET_") && !strings.HasPrefix(kv, "SIGNET_CONFIG=")
	})
	if code, said := ended(t, second); code != 1 || said != "signet: another signet serve has this store open\n" {
		t.Errorf("a second server: %d %q", code, said)
	}
	if code, said := ended(t, asProgram(t, dir, "serve", "--listen", "127.0.0.1:0", "--store", at, "--backup-dir", "backups")); code != 2 || !strings.Contains(said, "pg_dump") {
		t.Errorf("backups of PostgreSQL: %d %q", code, said)
	}
	s.call(201, "POST", "setup", map[string]any{"token": s.setUp, "name": "ada", "password": servePassword})
	if text := fmt.Sprint(s.call(422, "POST", "schedules", map[string]any{"kind": "backup", "cron": "@daily"})); !strings.Contains(text, "pg_dump") {
		t.Errorf("scheduled backups of PostgreSQL: %s", text)
	}
	s.call(201, "POST", "sites", map[string]any{"name": "desks", "targets": []string{"127.32.17.1"}, "checks": []string{"rdp"}})
	report := s.call(201, "POST", "schedules", map[string]any{"kind": "report", "site": "desks", "to": []string{"ada@corp.example"}, "format": "csv"})["id"].(string)
	if j := s.finished(s.call(202, "POST", "jobs", map[string]any{"site": "desks"})); j["state"] != "done" {
		t.Fatalf("the job: %v", j)
	}
	if p := next(t, took); p.To != "ada@corp.example" || !strings.Contains(string(p.file), "127.32.17.1") {
		t.Errorf("the report of it: %+v", p)
	}
	s.call(204, "DELETE", "schedules/"+report, nil)
	id := s.call(200, "GET", "findings", nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	s.call(200, "PATCH", "findings/"+id, map[string]any{"owner": "desk team"})
	if j := s.finished(s.call(202, "POST", "findings/"+id+"/verify", nil)); j["state"] != "done" {
		t.Errorf("verified: %v", j)
	}
	again := func() {
		t.Helper()
		s = startServer(t, dir, nil, args...)
		s.call(200, "POST", "session", map[string]any{"name": "ada", "password": servePassword})
		if row := s.call(200, "GET", "findings/"+id, nil); row["owner"] != "desk team" || row["state"] != "open" {
			t.Errorf("at the next start: %v", row)
		}
	}

	// Killed in the midst of a job, it goes on with it, unasked.
	job := s.call(202, "POST", "jobs", map[string]any{"targets": []string{"127.32.17.1-127.32.17.2"}, "checks": []string{"rdp"}})
	waits.came(t)
	s.cmd.Process.Kill()
	s.cmd.Wait()
	waits.keep(false)
	again()
	if j := s.finished(job); j["state"] != "done" {
		t.Errorf("after a kill: %v", j)
	}

	// No connection but the one that says whose the store is, in the midst of a job: what needs the store says so, and the rest is shown.
	waits.keep(true)
	job = s.call(202, "POST", "jobs", map[string]any{"targets": []string{"127.32.17.1-127.32.17.2"}, "checks": []string{"rdp"}})
	waits.came(t)
	name := at[strings.LastIndex(at, "/")+1:]
	did(t, "psql", "-q", "-d", db.Address+"postgres", "-c", "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false", "-c",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"' AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')")
	waits.keep(false)
	s.call(200, "GET", "findings/"+id, nil)
	s.call(503, "GET", "runs", nil)
	if p := s.call(503, "PATCH", "findings/"+id, map[string]any{"owner": "nobody"}); strings.Contains(fmt.Sprint(p), "127.0.0.1") || !strings.Contains(fmt.Sprint(p["detail"]), "does not answer") {
		t.Errorf("a change without the database: %v", p)
	}
	if res, err := s.http.Get(s.url + "/runs"); err != nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("the page of runs: %v %v", res, err)
	} else {
		res.Body.Close()
	}
	did(t, "psql", "-q", "-d", db.Address+"postgres", "-c", "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true")
	if row := s.call(200, "GET", "findings/"+id, nil); row["owner"] != "desk team" {
		t.Errorf("after it: %v", row)
	}
	if j := s.finished(job); j["state"] != "done" {
		t.Errorf("a job that was without its database goes on: %v", j)
	}

	// The database goes away in the midst of a job, with the connection that says whose the store is, while pages are asked: nothing but 503 is
	// said meanwhile, and the server goes on by itself once the database is back.
	waits.keep(true)
	job = s.call(202, "POST", "jobs", map[string]any{"targets": []string{"127.32.17.1-127.32.17.2"}, "checks": []string{"rdp"}})
	waits.came(t)
	asked := map[string]int{}
	ask := func() (away bool) {
		t.Helper()
		for _, path := range []string{"/runs", "/board", "/api/v1/runs", "/api/v1/findings", "/readyz"} {
			res, err := s.http.Get(s.url + path)
			if err != nil {
				t.Fatal(err, s.said)
			}
			res.Body.Close()
			if asked[fmt.Sprint(path, " ", res.StatusCode)]++; res.StatusCode == 503 {
				away = true
			}
			if res.StatusCode != 200 && (res.StatusCode != 503 || res.Header.Get("Retry-After") == "") {
				t.Errorf("%s: %d, Retry-After %q", path, res.StatusCode, res.Header.Get("Retry-After"))
			}
		}
		return away
	}
	db.Stop()
	waits.keep(false)
	for range 3 {
		ask()
	}
	if asked["/runs 503"] == 0 || asked["/api/v1/runs 503"] == 0 || asked["/readyz 503"] == 0 || asked["/board 200"] == 0 {
		t.Errorf("without its database: %v", asked)
	}
	if code, said := ended(t, asProgram(t, dir, "serve", "--listen", "127.0.0.1:0", "--store", at)); code != 1 || !strings.Contains(said, "no connection") {
		t.Errorf("another server without a database: %d %q", code, said)
	}
	db.Start(t)
	for begin := time.Now(); ask(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("once the database is back: %v; %s", asked, s.said)
		}
	}
	if j := s.finished(job); j["state"] != "done" {
		t.Errorf("once the database is back: %v", j)
	}
	s.call(200, "PATCH", "findings/"+id, map[string]any{"owner": "desk team", "comment": "after it"})

	// The connection that says whose the store is breaks, and nobody else took it: nothing is to be seen of that, and a second server is
	// refused again. Where another one took it, this one says so and ends.
	const holders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
	did(t, "psql", "-q", "-d", at, "-c", holders)
	s.call(200, "PATCH", "findings/"+id, map[string]any{"owner": "desk team", "comment": "after that"})
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if did(t, "psql", "-qAt", "-d", at, "-c", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") == "1\n" {
			break
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("it does not take the store again: %s", s.said)
		}
	}
	did(t, "psql", "-q", "-d", at, "-c", "UPDATE desk SET rev = rev + 1000000 WHERE kind = 'hold'", "-c", holders)
	s.cmd.Wait()
	if code, said := s.cmd.ProcessState.ExitCode(), s.said.String(); code != 1 || strings.Count(said, "signet: the store is lost: store postgres://") != 1 || !strings.Contains(said, "another process took it meanwhile") {
		t.Errorf("once its store is another's it exits %d: %s", code, said)
	}
	did(t, "psql", "-q", "-d", at, "-c", "DELETE FROM desk WHERE kind = 'hold'")
	again()

	// A dump of it in use is all of it.
	dump, copy := filepath.Join(dir, "signet.dump"), db.Database(t)
	did(t, "pg_dump", "--format=custom", "--file="+dump, at)
	did(t, "pg_restore", "--dbname="+copy, dump)
	if out, err := asProgram(t, dir, "serve", "check", "--store", copy).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("the chain is whole")) {
		t.Errorf("the copy: %v %s", err, out)
	}
	runs := fmt.Sprint(s.call(200, "GET", "runs", nil)["items"])
	s.stop()
	args[1] = copy
	again()
	if now := fmt.Sprint(s.call(200, "GET", "runs", nil)["items"]); now != runs {
		t.Errorf("the copy has the runs %s, and not %s", now, runs)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("it exits %d: %s", code, s.said)
	}
}
