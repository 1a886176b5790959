package report

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"signet"
)

// FindingID names a finding across runs: it is the same for the same rule at the same place of an endpoint. It is 128 bits of a
// SHA-256, in hexadecimal.
func FindingID(rule string, at signet.Endpoint, check, where string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, at.Addr.String(), strconv.Itoa(int(at.Port)), at.Transport.String(), check, where}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
