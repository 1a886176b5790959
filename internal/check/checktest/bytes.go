package checktest

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Hex reads hexadecimal digits, with white space anywhere.
func Hex(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Handshake is what a server sent in a recorded TLS handshake of internal/wire/tls, for a check two folders below it.
func Handshake(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "wire", "tls", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	_, server, ok := strings.Cut(string(text), ">>> server\n")
	if !ok {
		t.Fatalf("%s is no recording", name)
	}
	return Hex(t, server)
}
