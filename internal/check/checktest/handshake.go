package checktest

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Handshake is what a server sent in a recorded TLS handshake of internal/wire/tls, for a check two folders below it.
func Handshake(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "wire", "tls", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	_, server, ok := strings.Cut(string(text), ">>> server\n")
	b, err := hex.DecodeString(strings.Join(strings.Fields(server), ""))
	if !ok || err != nil {
		t.Fatalf("%s is no recording: %v", name, err)
	}
	return b
}
