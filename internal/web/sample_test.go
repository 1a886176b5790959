package web

import (
	"slices"
	"testing"
)

// TestSample: the sample is loaded once, marked, worked at but not asked, and removed whole; and nobody loads it beside a run.
func TestSample(t *testing.T) {
	s := serve(t, "127.20.0.0/16")
	c := s.admin(t)
	op := c.user("op", "operator")
	site := c.do("POST", "sites", m{"name": "own", "targets": []string{"127.31.6.1"}}).is(201).text("id")
	limited := c.user("lim", "operator", site)
	c.user("vic", "viewer").do("POST", "sample", nil).is(403)
	limited.do("POST", "sample", nil).is(403)
	c.do("DELETE", "sample", nil).is(404)
	first := op.do("POST", "sample", nil, "Idempotency-Key: 1").is(201)
	if again := op.do("POST", "sample", nil, "Idempotency-Key: 1").is(201); string(again.body) != string(first.body) || first.get("loaded") != true || len(first.get("runs").([]any)) < 2 {
		t.Errorf("%s, then %s", first.body, again.body)
	}
	op.do("POST", "sample", nil).is(409)
	if o := c.do("GET", "overview", nil).is(200); o.get("sample") != true || len(o.get("trend.0.points").([]any)) < 2 {
		t.Errorf("the overview: %s", o.body)
	}
	if o := limited.do("GET", "sample", nil).is(200); o.get("loaded") != false || limited.do("GET", "overview", nil).is(200).get("sample") != nil {
		t.Errorf("who is limited to a site is told of it: %s", o.body)
	}
	if d := c.do("GET", "diff?old="+first.text("runs.0")+"&new="+first.text("runs.3"), nil).is(200); len(d.get("items").([]any)) < 2 {
		t.Errorf("what changed: %s", d.body)
	}
	c.do("POST", "findings/"+c.do("GET", "findings", nil).is(200).text("items.0.id")+"/verify", nil).is(409)
	op.do("DELETE", "sample", nil).is(204)
	if r := c.do("GET", "runs", nil).is(200); len(r.get("items").([]any)) != 0 || c.do("GET", "overview", nil).is(200).get("sample") != nil {
		t.Errorf("after it was removed: %s", r.body)
	}
	var actions []string
	for _, e := range c.do("GET", "audit", nil).is(200).get("items").([]any) {
		actions = append(actions, e.(map[string]any)["action"].(string))
	}
	if !slices.Contains(actions, "sample.load") || !slices.Contains(actions, "sample.remove") {
		t.Errorf("the audit log: %v", actions)
	}
}
