package desk

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"signet/internal/owner"
	"signet/internal/store"
)

// TestAuditIsPruned: the oldest entries can be taken away, and what is left is whole: an entry says what went. Who takes more away, and says
// where the log begins now, is found out.
func TestAuditIsPruned(t *testing.T) {
	f := logged(t, 600)
	ctx := t.Context()
	f.move(48 * time.Hour)
	cut := f.now()
	if n, err := f.PruneAudit(ctx, cut.Add(-72*time.Hour)); n != 0 || err != nil {
		t.Errorf("of what is older than all, %d entries went (%v)", n, err)
	}
	for range 3 {
		if err := f.Note(ctx, f.root, "test", "later"); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := f.PruneAudit(ctx, cut); n != 603 || err != nil {
		t.Fatalf("%d entries went (%v)", n, err)
	}
	if n, err := VerifyAudit(ctx, f.store); n != 4 || err != nil {
		t.Fatalf("what is left: %d, %v", n, err)
	}
	list, err := f.Audit(ctx, 0, 100)
	if err != nil || len(list) != 4 || list[0].Action != pruned || list[0].Detail["through"] != "603" || list[3].Seq != 604 {
		t.Errorf("what is left: %+v (%v)", list, err)
	}
	f.move(48 * time.Hour)
	if n, err := f.PruneAudit(ctx, cut.Add(time.Hour)); n != 4 || err != nil { // with the entry of what went before
		t.Errorf("%d entries went (%v)", n, err)
	}
	if n, err := VerifyAudit(ctx, f.store); n != 1 || err != nil {
		t.Fatalf("what is left: %d, %v", n, err)
	}
	for range 3 {
		if err := f.Note(ctx, f.root, "test", "last"); err != nil {
			t.Fatal(err)
		}
	}
	// Somebody takes two entries away, and writes where the log begins as we would.
	doc, err := f.store.Document(ctx, auditKind, auditID(609))
	if err != nil {
		t.Fatal(err)
	}
	hash := doc.Body[bytes.Index(doc.Body, []byte(`"hash":"`))+8:][:64]
	forged := []byte(`{"seq":609,"hash":"` + string(hash) + `"}`)
	for _, e := range []store.Edit{{Kind: auditKind, ID: auditID(608)}, {Kind: auditKind, ID: auditID(609)}, {Kind: headKind, ID: startID, Body: forged}} {
		e.Was = store.AnyRev
		if _, err := f.store.Write(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	var b *Break
	if n, err := VerifyAudit(ctx, f.store); !errors.As(err, &b) || b.Seq != 610 {
		t.Errorf("after somebody took entries away: %d, %v", n, err)
	}
}

// TestForgotten: the name of somebody who is forgotten stands nowhere any more, and the log is whole.
func TestForgotten(t *testing.T) {
	const name = "Zoë Zimmermann"
	f := ready(t)
	ctx := t.Context()
	u := f.make(t, name, Operator)
	zoe := f.act(u)
	f.logOn(t, name, anyPassword, "10.0.0.9")
	if err := f.EditRows(ctx, zoe, []RowEdit{{ID: "r1", Was: store.AnyRev, Owner: ptr("zoë zimmermann")}, {ID: "r2", Was: store.AnyRev, Owner: ptr("another")}}); err != nil {
		t.Fatal(err)
	}
	if err := f.EditRows(ctx, zoe, []RowEdit{{ID: "r1", Was: store.AnyRev, State: ptr(RowInWork)}}); err != nil {
		t.Fatal(err)
	}
	site, err := f.PutSite(ctx, f.root, Site{Name: "hq", Targets: []string{"10.0.0.0/24"}, Owner: name}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.SetOwners(ctx, f.root, []owner.Rule{{Match: "10.0.0.0/24", Owner: "zoë zimmermann"}, {Match: "*", Owner: "desk team"}}, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	x := goodException()
	x.Owner = name
	if x, err = f.ProposeException(ctx, zoe, x); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.RemoveUser(ctx, f.root, u.ID, store.AnyRev), f.ForgetUser(ctx, f.root, u.ID)); err != nil {
		t.Fatal(err)
	}
	docs := 0
	for _, kind := range []string{"user", "former-user", "session", "token", "site", "policy", "exception", "row-state", "owners", noteKind, "settings", "job", auditKind, headKind} {
		list, err := f.store.Documents(ctx, kind, "", "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			if docs++; strings.Contains(strings.ToLower(string(d.Body)), "zimmermann") {
				t.Errorf("%s %s: %s", kind, d.ID, d.Body)
			}
		}
	}
	if docs < 15 {
		t.Errorf("only %d documents were read", docs)
	}
	f.sound(t)
	if r, other := f.Row("r1"), f.Row("r2"); r.Owner != "" || r.State != RowInWork || other.Owner != "another" {
		t.Errorf("the rows are %+v and %+v", r, other)
	}
	if s, err := f.Site(f.root.Who, site.ID); err != nil || s.Owner != "" {
		t.Errorf("the site is %+v (%v)", s, err)
	}
	if o := f.Owners().Rules; len(o) != 2 || o[0].Owner != gone || o[1].Owner != "desk team" {
		t.Errorf("the rules are %+v", o)
	}
	if y, err := f.Exception(System(), x.ID); err != nil || y.Owner != gone {
		t.Errorf("the exception is %+v (%v)", y, err)
	}
}
