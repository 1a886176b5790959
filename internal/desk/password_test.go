package desk

import (
	"context"
	"encoding/base64"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// costly is a bare desk that hashes as it does in earnest.
func costly(t *testing.T) *fixture {
	t.Helper()
	f := bare(t)
	f.config.memory = 0
	f.again(t)
	return f
}

func TestHash(t *testing.T) {
	f := costly(t)
	ctx := t.Context()
	h, err := f.newHash(ctx, "pässword 1")
	if err != nil || !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s, %v", h, err)
	}
	other, err := f.newHash(ctx, "pässword 1")
	if err != nil || other == h {
		t.Error("two hashes of one password are the same")
	}
	for password, want := range map[string]bool{"pässword 1": true, "pa\u0308ssword 1": true, "pässword 2": false, "": false, "PÄSSWORD 1": false} {
		if got, err := f.matches(ctx, h, password); err != nil || got != want {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	if got, err := f.matches(ctx, f.nobody, ""); err != nil || got {
		t.Errorf("nobody's password is none: %v, %v", got, err)
	}
	if got, err := f.matches(ctx, referenceHash(), "password"); err != nil || !got {
		t.Errorf("a hash of other parameters: %v, %v", got, err)
	}
}

// referenceHash is of other parameters than today's.
func referenceHash() string {
	key := argon2.IDKey([]byte("password"), []byte("somesalt"), 1, 64, 2, 24)
	return "$argon2id$v=19$m=64,t=1,p=2$" + base64.RawStdEncoding.EncodeToString([]byte("somesalt")) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

func TestParseHashRefuses(t *testing.T) {
	good := referenceHash()
	if _, err := parseHash(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "$", "$$$$$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "m=64", "m=99999999", 1),
		strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "t=1", "t=9999", 1), strings.Replace(good, "p=2", "p=0", 1), strings.Replace(good, "m=64", "m=064", 1),
		strings.Replace(good, "m=64", "m=+64", 1), strings.Replace(good, "m=64,t=1", "t=1,m=64", 1), good + "$", good + "=", good[:len(good)-20], strings.Replace(good, "c29tZXNhbHQ", "c28", 1), good + strings.Repeat("A", 400), "x" + good,
	} {
		if h, err := parseHash(bad); err == nil || h.key != nil {
			t.Errorf("%q is taken: %+v", bad, h)
		}
	}
	f := ready(t)
	if _, err := f.matches(t.Context(), "damaged", "x"); err == nil {
		t.Error("a damaged hash is no error")
	}
}

// A wrong name costs what a wrong password does: one hash of the same parameters.
func TestWrongNameCostsTheSame(t *testing.T) {
	f := costly(t)
	token := newToken(t, f)
	if _, err := f.SetUp(t.Context(), token, "otto", anyPassword, at("127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	k, _ := f.byName("otto")
	a, err := parseHash(k.v.Password)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parseHash(f.nobody)
	if err != nil {
		t.Fatal(err)
	}
	if a.memory != b.memory || a.time != b.time || a.lanes != b.lanes || len(a.key) != len(b.key) || len(a.salt) != len(b.salt) {
		t.Errorf("%+v and %+v", a, b)
	}
	// What it allocates is told to the byte, whatever else keeps the processor busy; a clock is not.
	for _, name := range []string{"otto", "nobody"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f.guess(t, name, "10.0.0.7")
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 10; took < argonMemory || took > argonMemory*3/2 {
			t.Errorf("%s: hashing takes %d KiB", name, took)
		}
	}
}

// Two at a time are hashed, a few wait, and a flood is told to come again.
func TestHashFlood(t *testing.T) {
	h := newHashes(argonMemory)
	var now, most, done, refused atomic.Int32
	hold := make(chan struct{})
	var wg sync.WaitGroup
	for range 500 {
		wg.Go(func() {
			err := h.run(t.Context(), func() {
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				<-hold
				now.Add(-1)
				done.Add(1)
			})
			if e, ok := errors.AsType[*TooSoon](err); ok && e.After > 0 {
				refused.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	for end := time.Now().Add(5 * time.Second); refused.Load() < 500-mostWaiting-atOnce && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	close(hold)
	wg.Wait()
	if most.Load() != atOnce || done.Load() != mostWaiting+atOnce || refused.Load() != 500-mostWaiting-atOnce {
		t.Errorf("%d at once, %d done, %d refused", most.Load(), done.Load(), refused.Load())
	}
	// And whoever waits does so no longer than its context.
	block := make(chan struct{})
	for range atOnce {
		wg.Go(func() { h.run(t.Context(), func() { <-block }) })
	}
	for len(h.slots) < atOnce {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := h.run(ctx, func() { t.Error("it is hashed") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	close(block)
	wg.Wait()
}

func TestCheckPassword(t *testing.T) {
	for _, p := range []string{"", "seven77", "aaaaaaaaaaaa", "abcabcabcabc", "Administrator", "\xff\xfe23456789", strings.Repeat("x1y2", 300)} {
		wantField(t, checkPassword("administrator", p), "password")
	}
	for _, p := range []string{"eight 8!", "correct horse battery", "пароль-пароль", strings.Repeat("x1y2", 256)} {
		if err := checkPassword("administrator", p); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(referenceHash())
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err != nil {
			if h.memory != 0 || h.key != nil || h.salt != nil {
				t.Errorf("%q: %+v beside an error", s, h)
			}
			return
		}
		if h.memory > 256<<10 || h.time > 16 || h.time < 1 || h.lanes < 1 || h.lanes > 16 || len(h.key) < 16 || len(h.salt) < 8 || !utf8.ValidString(s) {
			t.Errorf("%q: %+v", s, h)
		}
	})
}
