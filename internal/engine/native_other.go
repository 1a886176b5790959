//go:build !linux || !(amd64 || arm64)

package engine

// native is the driver of this system.
func native(s *session) { portable(s) }
