//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// page is something that is asked under load.
type page struct {
	name string
	most float64 // milliseconds, at the 95th percentile
	urls []string
}

// pages are those of bar 1. Searches and hosts are others each time.
func (s *served) pages(ctx context.Context, hosts int) ([]page, error) {
	var list struct {
		Items []struct {
			ID      string `json:"id"`
			Address string `json:"address"`
		} `json:"items"`
		Next string `json:"next"`
	}
	if err := s.call(ctx, "GET", "/hosts?limit=200", nil, &list); err != nil {
		return nil, err
	}
	var board struct {
		Items []struct {
			ID    string `json:"id"`
			Rule  string `json:"rule"`
			Port  int    `json:"port"`
			Host  string `json:"host"`
			Check string `json:"check"`
		} `json:"items"`
		Next string `json:"next"`
	}
	if err := s.call(ctx, "GET", "/findings?limit=200", nil, &board); err != nil {
		return nil, err
	}
	if len(list.Items) == 0 || len(board.Items) == 0 {
		return nil, fmt.Errorf("%d hosts, %d findings", len(list.Items), len(board.Items))
	}
	var hostPages, hostCalls, evidence, search, searchCalls []string
	for i := range list.Items {
		h := &list.Items[i]
		hostPages, hostCalls = append(hostPages, "/hosts/"+h.ID), append(hostCalls, "/api/v1/hosts/"+h.ID)
	}
	for i := range board.Items {
		if f := &board.Items[i]; f.Host != "" {
			evidence = append(evidence, fmt.Sprintf("/hosts/%s/evidence?port=%d&check=%s", f.Host, f.Port, f.Check))
		}
	}
	for i := range 200 {
		q := fmt.Sprintf("host%06d", i*7919%hosts)
		search, searchCalls = append(search, "/hosts?q="+q), append(searchCalls, "/api/v1/hosts?q="+q)
	}
	rule, next := url.QueryEscape(board.Items[0].Rule), url.QueryEscape(board.Next)
	return []page{
		{"overview", 100, []string{"/"}},
		{"overview, API", 100, []string{"/api/v1/overview"}},
		{"board", 100, []string{"/board", "/board?rule=" + rule, "/board?severity=high", "/board?cursor=" + next}},
		{"board, API", 100, []string{"/api/v1/findings", "/api/v1/findings?rule=" + rule, "/api/v1/findings?state=open", "/api/v1/findings?cursor=" + next}},
		{"host search", 100, search},
		{"host search, API", 100, searchCalls},
		{"host", 150, hostPages},
		{"host, API", 150, hostCalls},
		{"evidence of a host", 150, evidence},
		{"path graph", 500, []string{"/paths", "/paths?rule=" + rule}},
		{"path graph, API", 500, []string{"/api/v1/paths", "/api/v1/paths?rule=" + rule}},
		{"diff", 500, []string{"/diff?old=run1&new=run2"}},
		{"diff, API", 500, []string{"/api/v1/diff?old=run1&new=run2"}},
	}, nil
}

// measured is what a page did under load.
type measured struct {
	p50, p95, most float64 // milliseconds
	requests       uint64
	failed         uint64
	errors         []string
}

// attack asks pages in turn, open loop, so many requests a second in all, until ctx ends or the time is over.
func (s *served) attack(ctx context.Context, list []page, rate int, last time.Duration) []measured {
	type target struct {
		vegeta.Target
		of int
	}
	var targets []target
	head := http.Header{"Cookie": {s.cookie}}
	longest := 0
	for _, p := range list {
		longest = max(longest, len(p.urls))
	}
	for i := range longest {
		for k := range list {
			u := list[k].urls
			targets = append(targets, target{vegeta.Target{Method: "GET", URL: s.url + u[i%len(u)], Header: head}, k})
		}
	}
	var next atomic.Uint64
	sums := make([]vegeta.Metrics, len(list))
	a := vegeta.NewAttacker(vegeta.Timeout(20*time.Second), vegeta.Redirects(vegeta.NoFollow), vegeta.MaxWorkers(600), vegeta.Connections(600))
	defer context.AfterFunc(ctx, func() { a.Stop() })()
	of := map[string]int{}
	for _, t := range targets {
		of[t.URL] = t.of
	}
	for r := range a.Attack(func(t *vegeta.Target) error {
		*t = targets[(next.Add(1)-1)%uint64(len(targets))].Target
		return nil
	}, vegeta.ConstantPacer{Freq: rate, Per: time.Second}, last, "") {
		if r.Code != 200 && r.Error == "" {
			r.Error = fmt.Sprint("status ", r.Code)
		}
		sums[of[r.URL]].Add(r)
	}
	out := make([]measured, len(list))
	for i := range sums {
		m := &sums[i]
		m.Close()
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		out[i] = measured{p50: ms(m.Latencies.P50), p95: ms(m.Latencies.P95), most: ms(m.Latencies.Max), requests: m.Requests, failed: m.Requests - uint64(m.StatusCodes["200"]), errors: m.Errors}
	}
	return out
}

func (m *measured) note() string {
	text := fmt.Sprintf("p50 %.1f, most %.0f, %d requests", m.p50, m.most, m.requests)
	if m.failed > 0 {
		text += fmt.Sprintf(", %d FAILED: %.120s", m.failed, strings.Join(m.errors, "; "))
	}
	return text
}

// readers read the events of a job, each over a connection of its own, until it ends.
type readers struct {
	wg     sync.WaitGroup
	events atomic.Uint64
	ends   atomic.Uint64
	mu     sync.Mutex
	wrong  []string
}

// read opens so many streams, and returns when each has had its first event.
func (s *served) read(ctx context.Context, job string, n int) *readers {
	r := &readers{}
	var first sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: n}}
	for range n {
		first.Add(1)
		r.wg.Go(func() {
			once := sync.OnceFunc(first.Done)
			defer once()
			if err := s.readOne(ctx, client, job, r, once); err != nil {
				r.mu.Lock()
				r.wrong = append(r.wrong, err.Error())
				r.mu.Unlock()
			}
		})
	}
	first.Wait()
	return r
}

func (s *served) readOne(ctx context.Context, client *http.Client, job string, r *readers, begun func()) error {
	q, err := http.NewRequestWithContext(ctx, "GET", s.url+"/api/v1/jobs/"+job+"/events", nil)
	if err != nil {
		return err
	}
	q.Header.Set("Cookie", s.cookie)
	answer, err := client.Do(q)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("a stream: %s", answer.Status)
	}
	for in := bufio.NewScanner(answer.Body); in.Scan(); {
		switch line := in.Text(); {
		case line == "event: end":
			r.ends.Add(1)
			return nil
		case strings.HasPrefix(line, "data: "):
			r.events.Add(1)
			begun()
		}
	}
	return fmt.Errorf("a stream broke off")
}
