package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"time"

	"signet/internal/store"
)

// setUp is the one document of set-up: a token that somebody may use once, or that it is over.
type setUp struct {
	Hash  string    `json:"hash,omitempty"`
	Until time.Time `json:"until,omitzero"`
	Done  time.Time `json:"done,omitzero"`
}

const (
	setUpKind = "setup"
	setUpID   = "setup"
	setUpTime = 24 * time.Hour
)

// NewSetupToken makes the token by which the first user is set up: 32 random bytes in base64url, good once and for 24 hours. The one before
// is void. After the first user it is ErrGone. It needs no open desk, so that a shell can make one while `signet serve` runs.
func NewSetupToken(ctx context.Context, s store.Desk, c Config) (string, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	now, rev, err := readSetUp(ctx, s)
	if err != nil {
		return "", err
	}
	if !now.Done.IsZero() {
		return "", ErrGone
	}
	secret, hash, err := newSecret(c.Random)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(setUp{Hash: hash, Until: c.Now().UTC().Add(setUpTime)})
	if err != nil {
		return "", err
	}
	_, err = s.Write(ctx, store.Edit{Kind: setUpKind, ID: setUpID, Was: rev, Body: b})
	return secret, err
}

func readSetUp(ctx context.Context, s store.Desk) (now setUp, rev uint64, err error) {
	doc, err := s.Document(ctx, setUpKind, setUpID)
	if errors.Is(err, store.ErrUnknown) {
		return now, 0, nil
	}
	if err != nil {
		return now, 0, err
	}
	return now, doc.Rev, json.Unmarshal(doc.Body, &now)
}

// newSecret makes 32 random bytes, as they are shown, and what they hash to.
func newSecret(random io.Reader) (secret, hash string, err error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", "", err
	}
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, hashOf(secret), nil
}

// hashOf is what a secret of 256 random bits is stored as: there is nothing to guess, so that it need not be slow.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// IsSetUp tells whether the first user exists, so that set-up is over for good, or that nobody is to be set up, since nobody has a password.
func (d *Desk) IsSetUp(ctx context.Context) (bool, error) {
	if d.config.NoLocal {
		return true, nil
	}
	now, _, err := readSetUp(ctx, d.store)
	return !now.Done.IsZero(), err
}

// SetUp makes the first user, an admin, for whoever has the token. A wrong token, or one that has expired, is ErrForbidden; once there is a user it
// is ErrGone, whatever the token. A name or password that cannot be taken is a *FieldError, and the token stays good.
func (d *Desk) SetUp(ctx context.Context, token, name, password string, from netip.Addr) (User, error) {
	if d.config.NoLocal {
		return User{}, ErrLocalOff
	}
	now, _, err := readSetUp(ctx, d.store)
	if err == nil && now.Done.IsZero() {
		err = now.good(token, d.now())
	} else if err == nil {
		err = ErrGone
	}
	if errors.Is(err, ErrForbidden) {
		err = errors.Join(err, d.failed(ctx, from, "setup", "", "wrong token"))
	}
	if err != nil {
		return User{}, err
	}
	name, err = userName(name)
	if err == nil {
		err = checkPassword(name, password)
	}
	if err != nil {
		return User{}, err
	}
	hash, err := d.newHash(ctx, password)
	if err != nil {
		return User{}, err
	}
	var made User
	err = d.change(ctx, Act{From: from}, func(p *plan) error {
		now, rev, err := readSetUp(ctx, d.store) // it may be another one by now
		if err != nil {
			return err
		}
		if !now.Done.IsZero() {
			return ErrGone
		}
		if err := now.good(token, p.now); err != nil {
			return err
		}
		b, err := json.Marshal(setUp{Done: p.now})
		if err != nil {
			return err
		}
		p.changes = append(p.changes, change{store.Edit{Kind: setUpKind, ID: setUpID, Was: rev, Body: b}, func(uint64) {}})
		made, err = d.addUser(p, user{User: User{Name: name, Role: Admin}, Password: hash})
		p.note("setup", made.ID)
		return err
	})
	return made, err
}

// good tells whether a token is the one, and in time.
func (s *setUp) good(token string, now time.Time) error {
	if subtle.ConstantTimeCompare([]byte(hashOf(token)), []byte(s.Hash)) != 1 || !now.Before(s.Until) {
		return ErrForbidden
	}
	return nil
}
