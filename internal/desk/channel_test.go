package desk

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"signet/internal/store"
)

// turned seals as no one should: it tells what is sealed from what is not.
type turned struct{}

func (turned) Seal(place, secret string) string {
	b := []byte(secret)
	slices.Reverse(b)
	return place + "|" + string(b)
}

func (turned) Open(place, sealed string) (string, error) {
	text, ok := strings.CutPrefix(sealed, place+"|")
	if !ok {
		return "", errors.New("sealed for another place")
	}
	b := []byte(text)
	slices.Reverse(b)
	return string(b), nil
}

func TestChannels(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	good := Channel{Kind: "webhook", Name: "SOC", URL: " https://soc.example/in "}
	if _, err := f.PutChannel(ctx, f.root, good, nil, 0); !errors.Is(err, ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	f.Desk.config.Sealer = turned{}
	f.Desk.config.CheckChannel = func(c *Channel, secret string) error {
		if secret == "bad" {
			return wrong("secret", "is bad")
		}
		return nil
	}
	for _, act := range []Act{{}, f.viewer, f.operator} {
		_, err := f.PutChannel(ctx, act, good, nil, 0)
		wantError(t, act.Who.Name, err, ErrForbidden)
		wantError(t, act.Who.Name, f.RemoveChannel(ctx, act, "x", 0), ErrForbidden)
		if list := f.Channels(act.Who); len(list) != 0 {
			t.Errorf("%s sees %+v", act.Who.Name, list)
		}
	}
	bad, hush := "bad", "hush hush"
	_, err := f.PutChannel(ctx, f.root, good, &bad, 0)
	wantField(t, err, "secret")
	site, err := f.PutSite(ctx, f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.PutSite(ctx, f.root, Site{Name: "Hamburg", Targets: []string{"10.0.0.2"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	made, err := f.PutChannel(ctx, f.root, good, &hush, 0)
	if err != nil || made.URL != "https://soc.example/in" || !made.HasSecret || made.Rev == 0 {
		t.Fatalf("%+v, %v", made, err)
	}
	again := good
	again.Name = "soc"
	_, err = f.PutChannel(ctx, f.root, again, nil, 0)
	wantField(t, err, "name")
	again.Sites = []string{"nowhere"}
	_, err = f.PutChannel(ctx, f.root, again, nil, 0)
	wantField(t, err, "name")
	again.Name = "other"
	_, err = f.PutChannel(ctx, f.root, again, nil, 0)
	wantField(t, err, "sites")

	// Neither the URL nor the secret stands in the store, the log or anything that was told.
	for _, kind := range []string{"channel", auditKind} {
		docs, err := f.store.Documents(ctx, kind, "", "", 100)
		if err != nil || len(docs) == 0 {
			t.Fatal(err, len(docs))
		}
		for _, doc := range docs {
			if bytes.Contains(doc.Body, []byte(hush)) || bytes.Contains(doc.Body, []byte("soc.example")) {
				t.Errorf("%s says %s", kind, doc.Body)
			}
		}
	}
	if c, secret, err := f.OpenChannel(made.ID); err != nil || secret != hush || c.URL != made.URL {
		t.Errorf("%+v, %q, %v", c, secret, err)
	}

	// Nor does it in an answer that is kept under its idempotency key, which is the same again.
	_, claim, err := f.Once(ctx, f.root.Who, "key", "POST /channels")
	if err != nil {
		t.Fatal(err)
	}
	if err := claim.Done(ctx, Reply{Status: 201, Body: []byte(made.URL)}); err != nil {
		t.Fatal(err)
	}
	if docs, err := f.store.Documents(ctx, replyKind, "", "", 100); err != nil || len(docs) != 1 || bytes.Contains(docs[0].Body, []byte("soc.example")) || bytes.Contains(docs[0].Body, []byte("aHR0cHM6Ly9zb2M")) {
		t.Errorf("%v, %s", err, docs[0].Body)
	}
	if again, _, err := f.Once(ctx, f.root.Who, "key", "POST /channels"); err != nil || string(again.Body) != made.URL || again.Status != 201 {
		t.Errorf("%+v, %v", again, err)
	}

	// What is not said stays as it is; an empty secret is none.
	made.URL, made.Template = "", "{}"
	changed, err := f.PutChannel(ctx, f.root, made, nil, made.Rev)
	if err != nil || changed.URL != "https://soc.example/in" || !changed.HasSecret || !changed.Created.Equal(made.Created) {
		t.Fatalf("%+v, %v", changed, err)
	}
	_, err = f.PutChannel(ctx, f.root, made, nil, made.Rev)
	wantError(t, "stale", err, store.ErrStale)
	none := ""
	if changed, err = f.PutChannel(ctx, f.root, changed, &none, store.AnyRev); err != nil || changed.HasSecret {
		t.Errorf("%+v, %v", changed, err)
	}

	// Who serves whom.
	serving := func(site string) (names []string) {
		for _, c := range f.Serving(site) {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		return names
	}
	expect := func(of, site string, want ...string) {
		t.Helper()
		if got := serving(site); !slices.Equal(got, want) {
			t.Errorf("%s is served by %q, want %q", of, got, want)
		}
	}
	expect("Berlin", site.ID, "SOC")
	expect("no site", "", "SOC")
	desks, err := f.PutChannel(ctx, f.root, Channel{Kind: "mail", Name: "desks", URL: "mailto:a@x.example", Sites: []string{"berlin"}}, nil, 0)
	if err != nil || !slices.Equal(desks.Sites, []string{site.ID}) {
		t.Fatalf("%+v, %v", desks, err)
	}
	expect("Berlin", site.ID, "SOC", "desks")
	expect("Hamburg", second.ID, "SOC")
	second.Channels = []string{"soc"}
	if second, err = f.PutSite(ctx, f.root, second, second.Rev); err != nil || !slices.Equal(second.Channels, []string{made.ID}) {
		t.Fatalf("%+v, %v", second, err)
	}
	expect("Berlin, now that Hamburg names SOC", site.ID, "desks")
	expect("Hamburg", second.ID, "SOC")
	expect("no site", "")
	desks.Paused = true
	if _, err = f.PutChannel(ctx, f.root, desks, nil, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	expect("Berlin, of paused ones", site.ID)

	// What would widen whom a channel serves is refused.
	wantError(t, "a channel that a site names", f.RemoveChannel(ctx, f.root, made.ID, store.AnyRev), ErrInUse)
	wantError(t, "a site that a channel names", f.RemoveSite(ctx, f.root, site.ID, store.AnyRev), ErrInUse)
	if err := f.RemoveChannel(ctx, f.root, desks.ID, store.AnyRev); err != nil || f.RemoveSite(ctx, f.root, site.ID, store.AnyRev) != nil {
		t.Error(err)
	}

	// With another key a channel is there, and cannot be read; written anew, it can.
	f.Desk.config.Sealer = broken{}
	if c, err := f.Channel(f.root.Who, made.ID); err != nil || c.URL != "" || c.Name != "SOC" {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = f.PutChannel(ctx, f.root, Channel{ID: made.ID, Kind: "webhook", Name: "SOC"}, nil, store.AnyRev)
	wantField(t, err, "url")
	if _, err = f.PutChannel(ctx, f.root, Channel{ID: made.ID, Kind: "webhook", Name: "SOC", URL: "https://soc.example/2"}, nil, store.AnyRev); err != nil {
		t.Error(err)
	}
}

type broken struct{ turned }

func (broken) Open(string, string) (string, error) { return "", context.Canceled }
