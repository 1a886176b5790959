package signon

import (
	"testing"
	"time"
)

// RenewNow asks about all sessions that are due, those that were tried a moment ago too.
func (s *SignOn) RenewNow(t *testing.T) {
	s.turn.Lock()
	s.tried = map[string]time.Time{}
	s.turn.Unlock()
	s.renewDue(t.Context())
}
