package desk

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Passwords are hashed by argon2id (RFC 9106) with the parameters that OWASP's cheat sheet gives for 19 MiB.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// Bounds of passwords. What is shorter is guessed; what is longer costs before it is hashed.
const (
	leastPassword = 8    // characters
	mostPassword  = 1024 // bytes
)

// hashes lets two passwords be hashed at a time, and some wait for it: each takes 19 MiB, and a flood of logons all there is.
type hashes struct {
	slots   chan struct{}
	waiting *atomic.Int32
	memory  uint32 // KiB
}

const (
	atOnce      = 2
	mostWaiting = 50 // of which the last waits about a second
)

func newHashes(memory uint32) hashes {
	return hashes{make(chan struct{}, atOnce), new(atomic.Int32), memory}
}

// run does f when it is its turn. Where too many wait already, it is *TooSoon.
func (h *hashes) run(ctx context.Context, f func()) error {
	if h.waiting.Add(1) > mostWaiting+atOnce {
		h.waiting.Add(-1)
		return &TooSoon{time.Second}
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.slots }()
	f()
	return nil
}

// composed is a password as it is hashed: however the keyboard composes an ü, it is the same one.
func composed(password string) []byte { return []byte(norm.NFC.String(password)) }

// newHash hashes a password with a new salt, in the form of the PHC string format.
func (d *Desk) newHash(ctx context.Context, password string) (string, error) {
	salt, err := d.random(argonSalt)
	if err != nil {
		return "", err
	}
	var key []byte
	if err := d.hashes.run(ctx, func() { key = argon2.IDKey(composed(password), salt, argonTime, d.hashes.memory, argonLanes, argonKey) }); err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, d.hashes.memory, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// matches tells whether a password is the one of a hash. It takes as long either way.
func (d *Desk) matches(ctx context.Context, hash, password string) (bool, error) {
	h, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	if len(password) > mostPassword {
		password = "" // which no hash that counts is of
	}
	same := false
	err = d.hashes.run(ctx, func() {
		key := argon2.IDKey(composed(password), h.salt, h.time, h.memory, h.lanes, uint32(len(h.key)))
		same = subtle.ConstantTimeCompare(key, h.key) == 1
	})
	return same && password != "", err
}

// phc is a parsed hash.
type phc struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

// parseHash reads a hash, whose parameters may be others than today's, within bounds.
func parseHash(s string) (h phc, err error) {
	bad := func(what string) (phc, error) {
		return phc{}, fmt.Errorf("a stored password hash is damaged (%s)", what)
	}
	parts := strings.Split(s, "$")
	if len(s) > 300 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return bad("its form")
	}
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return bad("its parameters")
	}
	var n [3]uint32
	for i, p := range []struct {
		name        string
		least, most uint64
	}{{"m=", 8, 256 << 10}, {"t=", 1, 16}, {"p=", 1, 16}} {
		text, ok := strings.CutPrefix(params[i], p.name)
		v, err := strconv.ParseUint(text, 10, 32)
		if !ok || err != nil || v < p.least || v > p.most || strconv.FormatUint(v, 10) != text {
			return bad("its parameters")
		}
		n[i] = uint32(v)
	}
	h = phc{memory: n[0], time: n[1], lanes: uint8(n[2])}
	b64 := base64.RawStdEncoding.Strict()
	if h.salt, err = b64.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return bad("its salt")
	}
	if h.key, err = b64.DecodeString(parts[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return bad("its key")
	}
	return h, nil
}

// checkPassword refuses a password that is too easily guessed for an account of that name.
func checkPassword(name, password string) error {
	if len(password) > mostPassword {
		return wrong("password", "has more than %d bytes", mostPassword)
	}
	if !utf8.ValidString(password) {
		return wrong("password", "is not UTF-8")
	}
	if utf8.RuneCountInString(password) < leastPassword {
		return wrong("password", "has fewer than %d characters", leastPassword)
	}
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	if len(different) < 4 {
		return wrong("password", "has fewer than 4 different characters")
	}
	if strings.EqualFold(password, name) {
		return wrong("password", "is the name")
	}
	return nil
}
