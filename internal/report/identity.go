package report

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"signet"
)

// FindingID names a finding across runs: the same rule at the same endpoint. 128 bits, hex.
func FindingID(rule string, at signet.Endpoint, check, where string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, at.Addr.String(), strconv.Itoa(int(at.Port)), at.Transport.String(), check, where}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
