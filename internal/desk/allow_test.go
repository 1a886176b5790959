package desk

import (
	"encoding/json"
	"testing"
)

// Each role, limited to a site or not, and each action, to that site, to another and to none.
func TestAllow(t *testing.T) {
	const none, mine, every = 0, 1, 2 // where it may: nowhere, at its sites alone, everywhere
	type row struct {
		action                        Action
		viewer, operator, admin       int // of everywhere
		viewerAt, operatorAt, adminAt int // limited to a site
	}
	table := []row{
		{Look, every, every, every, mine, mine, mine},
		{Launch, none, every, every, none, mine, mine},
		{Work, none, every, every, none, mine, mine},
		{Propose, none, every, every, none, mine, mine},
		{Approve, none, none, every, none, none, mine},
		{Arrange, none, every, every, none, none, none},
		{Import, none, every, every, none, none, none},
		{Inspect, none, none, every, none, none, none},
		{Administer, none, none, every, none, none, none},
		{Self, every, every, every, every, every, every},
	}
	if len(table) != int(actions) {
		t.Fatalf("%d actions in the table of %d", len(table), actions)
	}
	for i, r := range table {
		if r.action != Action(i) {
			t.Fatalf("row %d is of action %d", i, r.action)
		}
		for _, via := range []Via{BySession, ByToken} {
			for role, may := range map[Role][2]int{NoRole: {}, Viewer: {r.viewer, r.viewerAt}, Operator: {r.operator, r.operatorAt}, Admin: {r.admin, r.adminAt}, Admin + 1: {}} {
				for limited, where := range may {
					w := Who{Via: via, Role: role}
					if limited == 1 {
						w.Sites = []string{"here", "also-here"}
					}
					for _, site := range []string{"", "here", "also-here", "elsewhere"} {
						want := where == every || where == mine && (site == "here" || site == "also-here")
						if r.action == Self && via == ByToken {
							want = false
						}
						if got := Allow(w, r.action, site); got != want {
							t.Errorf("%v by %v at %q may do %d at %q: %v", role, via, w.Sites, r.action, site, got)
						}
					}
				}
			}
		}
	}
	for a := range actions + 3 {
		for _, site := range []string{"", "here"} {
			if Allow(Who{}, a, site) || Allow(Who{Role: Admin}, a, site) {
				t.Errorf("nobody may do %d at %q", a, site)
			}
			if may := a == Look || a == Inspect; Allow(Guest(), a, site) != may {
				t.Errorf("a guest may do %d at %q: %v", a, site, !may)
			}
			if a >= actions && Allow(System(), a, site) {
				t.Errorf("action %d, which is none, is allowed", a)
			}
		}
	}
}

func TestRoleWords(t *testing.T) {
	for _, r := range []Role{Viewer, Operator, Admin} {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back Role
		if err := json.Unmarshal(b, &back); err != nil || back != r {
			t.Errorf("%s is %v, %v", b, back, err)
		}
	}
	for _, word := range []string{`""`, `"root"`, `"ADMIN"`, `"admin "`} {
		r := Admin
		if err := json.Unmarshal([]byte(word), &r); err == nil || r != NoRole {
			t.Errorf("%s is the role %v", word, r)
		}
	}
}
