//go:build !linux

package sqlite

import "testing"

// Flushed cannot be told here.
func (p place) Flushed(testing.TB) (yes, known bool) { return false, false }
