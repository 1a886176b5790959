package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"signet/internal/store"
)

// logged is a desk with more entries than one page has.
func logged(t *testing.T, n int) *fixture {
	t.Helper()
	f := ready(t)
	for i := range n {
		if err := f.Note(t.Context(), f.root, "test", fmt.Sprint(i), "z", "1", "a", "<&>"); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestAuditIsRead(t *testing.T) {
	f := logged(t, 30)
	n := f.sound(t)
	if n != 33 || uint64(len(f.told)) != n {
		t.Fatalf("%d entries, %d were told", n, len(f.told))
	}
	var all []Entry
	for before := uint64(0); ; {
		list, err := f.Audit(t.Context(), before, 7)
		if err != nil || len(list) > 7 {
			t.Fatal(len(list), err)
		}
		if len(list) == 0 {
			break
		}
		all, before = append(all, list...), list[len(list)-1].Seq
	}
	if len(all) != int(n) {
		t.Fatalf("%d entries are read", len(all))
	}
	for i, e := range all {
		told := f.told[len(f.told)-1-i]
		if e.Seq != n-uint64(i) || fmt.Sprint(e) != fmt.Sprint(told) {
			t.Errorf("entry %d is %+v, told %+v", i, e, told)
		}
	}
	// The hash is what doc says, for whoever checks it with another program.
	doc, err := f.store.Document(t.Context(), auditKind, auditID(n))
	if err != nil {
		t.Fatal(err)
	}
	unsealed := strings.Replace(string(doc.Body), `"hash":"`+all[0].Hash+`"`, `"hash":""`, 1)
	if sum := sha256.Sum256([]byte(all[1].Hash + unsealed)); hex.EncodeToString(sum[:]) != all[0].Hash {
		t.Errorf("the hash of %s is another one", doc.Body)
	}
	e := all[0]
	if e.Via != "session" || e.Actor != f.root.Who.ID || e.Address != "10.0.0.9" || e.Action != "test" || e.Object != "29" || e.Detail["a"] != "<&>" || !e.At.Equal(f.now()) {
		t.Errorf("%+v", e)
	}
	if first := all[len(all)-1]; first.Action != "setup" || first.Prev != strings.Repeat("0", 64) || first.Address != "127.0.0.1" {
		t.Errorf("the first is %+v", first)
	}
	if list, err := f.Audit(t.Context(), 2, 100); err != nil || len(list) != 1 || list[0].Seq != 1 {
		t.Errorf("before the second: %v, %v", list, err)
	}
	if list, err := f.Audit(t.Context(), 1<<60, 5); err != nil || len(list) != 0 {
		t.Errorf("before one that is not there: %v, %v", list, err)
	}
	empty := bare(t)
	if list, err := empty.Audit(t.Context(), 0, 5); err != nil || len(list) != 0 {
		t.Errorf("of none: %v, %v", list, err)
	}
	if n, err := VerifyAudit(t.Context(), empty.store); err != nil || n != 0 {
		t.Errorf("of none: %d, %v", n, err)
	}
}

// Whatever is changed in the log afterwards, the first entry that is not as it was is named.
func TestAuditBroken(t *testing.T) {
	type edit = func(t *testing.T, f *fixture)
	write := func(t *testing.T, f *fixture, e store.Edit) {
		t.Helper()
		e.Was = store.AnyRev
		if _, err := f.store.Write(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	body := func(t *testing.T, f *fixture, seq uint64) []byte {
		t.Helper()
		d, err := f.store.Document(t.Context(), auditKind, auditID(seq))
		if err != nil {
			t.Fatal(err)
		}
		return d.Body
	}
	replaced := func(seq uint64, old, new string) edit {
		return func(t *testing.T, f *fixture) {
			b := string(body(t, f, seq))
			if !strings.Contains(b, old) {
				t.Fatalf("%s has no %s", b, old)
			}
			write(t, f, store.Edit{Kind: auditKind, ID: auditID(seq), Body: []byte(strings.Replace(b, old, new, 1))})
		}
	}
	// resealed changes an entry and gives it a hash that is right.
	resealed := func(seq uint64, how func(*Entry)) edit {
		return func(t *testing.T, f *fixture) {
			var e Entry
			if err := json.Unmarshal(body(t, f, seq), &e); err != nil {
				t.Fatal(err)
			}
			how(&e)
			b, err := e.seal()
			if err != nil {
				t.Fatal(err)
			}
			write(t, f, store.Edit{Kind: auditKind, ID: auditID(seq), Body: b})
		}
	}
	const last = 600 + 3
	for name, c := range map[string]struct {
		edit edit
		want uint64
	}{
		"who":             {replaced(550, `"actor":"`, `"actor":"x`), 550},
		"when":            {replaced(20, `"at":"2026`, `"at":"2025`), 20},
		"a detail":        {replaced(5, `"z":"1"`, `"z":"2"`), 5},
		"the first":       {replaced(1, `"setup"`, `"sutup"`), 1},
		"the last":        {replaced(last, `"test"`, `"tost"`), last},
		"a hash":          {replaced(9, `"hash":"`, `"hash":"0`), 9},
		"a field more":    {replaced(9, `"seq":9,`, `"seq":9,"x":1,`), 9},
		"a space":         {replaced(9, `"seq":9,`, `"seq":9, `), 9},
		"its form":        {replaced(9, `<&>`, `\u003c&>`), 9},
		"no JSON":         {replaced(9, `{`, ``), 9},
		"resealed":        {resealed(9, func(e *Entry) { e.Actor = "x" }), 10},
		"another number":  {resealed(9, func(e *Entry) { e.Seq = 10 }), 9},
		"the last anew":   {resealed(last, func(e *Entry) { e.Actor = "x" }), last},
		"removed":         {func(t *testing.T, f *fixture) { write(t, f, store.Edit{Kind: auditKind, ID: auditID(77)}) }, 77},
		"the end removed": {func(t *testing.T, f *fixture) { write(t, f, store.Edit{Kind: auditKind, ID: auditID(last)}) }, last},
		"swapped": {func(t *testing.T, f *fixture) {
			a, b := body(t, f, 7), body(t, f, 8)
			write(t, f, store.Edit{Kind: auditKind, ID: auditID(7), Body: b})
			write(t, f, store.Edit{Kind: auditKind, ID: auditID(8), Body: a})
		}, 7},
		"where it ends": {func(t *testing.T, f *fixture) {
			write(t, f, store.Edit{Kind: headKind, ID: headID, Body: []byte(`{"seq":50,"hash":"` + strings.Repeat("0", 64) + `"}`)})
		}, 50},
	} {
		t.Run(name, func(t *testing.T) {
			f := bare(t)
			f.Close()
			for _, e := range template(t) {
				write(t, f, e)
			}
			if n, err := VerifyAudit(t.Context(), f.store); err != nil || n != last {
				t.Fatalf("the whole log: %d, %v", n, err)
			}
			c.edit(t, f)
			n, err := VerifyAudit(t.Context(), f.store)
			b, ok := errors.AsType[*Break](err)
			if !ok || b.Seq != c.want || b.Why == "" || name == "removed" && b.Why != "it is missing" || n > c.want || n+1 < c.want {
				t.Errorf("%d entries are sound, and %v; want that %d is broken", n, err, c.want)
			}
		})
	}
}

// template is a log of 603 entries.
func template(t *testing.T) (edits []store.Edit) {
	t.Helper()
	p := &plan{act: Act{Who{Via: BySession, ID: "someone"}, at("10.0.0.9")}, now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	p.note("setup", "first")
	for i := range 602 {
		p.note("test", fmt.Sprint(i), "z", "1", "a", "<&>")
	}
	head := noHead()
	if err := (&Desk{}).chain(p, &head); err != nil {
		t.Fatal(err)
	}
	for _, c := range p.changes {
		edits = append(edits, c.edit)
	}
	return edits
}

// Nothing that is secret stands in the store, the log or what is told, in the clear.
func TestNoSecretIsStored(t *testing.T) {
	f := bare(t)
	ctx := t.Context()
	setup := newToken(t, f)
	u, err := f.SetUp(ctx, setup, "root", rootPassword, at("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	f.root = f.act(u)
	f.make(t, "otto", Operator)
	w, session := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	_, token, err := f.CreateToken(ctx, f.root, NewToken{"ci", Admin, nil, time.Time{}})
	if err != nil {
		t.Fatal(err)
	}
	f.ByToken(ctx, token, at("10.0.0.7"))
	f.ByToken(ctx, "signet_a-wrong-token", at("10.0.0.7"))
	f.BySession(ctx, "a-wrong-session")
	f.LogOn(ctx, Logon{Name: "a-password-as-name", Password: "a-wrong-password", From: at("10.0.0.7")})
	if err := f.ChangePassword(ctx, Act{Who: w}, anyPassword, "another 0815 password"); err != nil {
		t.Fatal(err)
	}
	_, claim, err := f.Once(ctx, f.root.Who, "a-key", "POST /tokens")
	if err != nil {
		t.Fatal(err)
	}
	if err := claim.Done(ctx, Reply{Status: 201, Body: []byte(token), Once: true}); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, kind := range []string{"user", "session", "token", "setup", "audit", "audit-head", "reply", "former-user"} {
		docs, err := f.store.Documents(ctx, kind, "", "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			fmt.Fprintf(&all, "%s %s %s\n", d.Kind, d.ID, d.Body)
		}
	}
	fmt.Fprint(&all, f.told, f.Users(), f.Tokens())
	for _, secret := range []string{setup, rootPassword, anyPassword, session, token, token[7:], "a-wrong", "a-password-as-name", "another 0815 password", "a-key",
		hashOf("POST /tokens")} { // nor what a call alone hashes to, by which the password in it could be tried
		if strings.Contains(all.String(), secret) {
			t.Errorf("%q is stored or told", secret)
		}
	}
	if !strings.Contains(all.String(), hashOf(token)) || !strings.Contains(all.String(), "argon2id") {
		t.Error("and what they hash to is not, so that the test shows nothing")
	}
}
