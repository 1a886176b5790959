// Package seal keeps secrets that have to be said again, such as the password of a mail server: sealed with a key that stands outside the
// store, so that a copy of the store alone says nothing.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// Errors of Open.
var (
	ErrOtherKey = errors.New("it is sealed with another key")
	ErrDamaged  = errors.New("it is damaged, or belongs elsewhere")
)

// Box seals and opens with one key. Its methods may be called from any goroutine.
type Box struct {
	aead cipher.AEAD
	id   string // of the key, so that another key is told from damage
}

// New makes a box of a key of KeySize random bytes.
func New(key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("a key of %d bytes, want %d", len(key), KeySize)
	}
	sub, err := hkdf.Key(sha256.New, key, nil, "signet secrets: AES-256-GCM", KeySize)
	if err != nil {
		return nil, err
	}
	id, err := hkdf.Key(sha256.New, key, nil, "signet secrets: name of the key", 8)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Box{aead, hex.EncodeToString(id)}, nil
}

// form is the first part of what is sealed.
const form = "sealed1"

// Seal seals a secret for one place, which names what it belongs to: nowhere else does it open.
func (b *Box) Seal(place, secret string) string {
	sealed := b.aead.Seal(nil, nil, []byte(secret), []byte(place))
	return strings.Join([]string{form, b.id, base64.RawStdEncoding.EncodeToString(sealed)}, ":")
}

// Open gives the secret that was sealed for a place; ErrOtherKey, ErrDamaged.
func (b *Box) Open(place, sealed string) (string, error) {
	parts := strings.Split(sealed, ":")
	if len(parts) != 3 || parts[0] != form {
		return "", ErrDamaged
	}
	if parts[1] != b.id {
		return "", ErrOtherKey
	}
	text, err := base64.RawStdEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return "", ErrDamaged
	}
	secret, err := b.aead.Open(nil, nil, text, []byte(place))
	if err != nil {
		return "", ErrDamaged
	}
	return string(secret), nil
}
