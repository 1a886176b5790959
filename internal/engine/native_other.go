//go:build !linux

package engine

// native is the driver of this system.
func native(s *session) { portable(s) }
