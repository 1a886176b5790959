package smb

import (
	"slices"
	"testing"

	"signet"
	"signet/internal/check"
)

// SMB 1 can live on port 139 alone: where 445 is guarded without it and 139 is not asked, that is said.
func TestPort139IsNamed(t *testing.T) {
	required := func(s *server) { s.mode = 3 }
	for _, c := range []struct {
		name   string
		port   uint16
		flags  string
		ports  []check.Port
		change func(*server)
		want   bool
	}{
		{"guarded without SMB 1", 445, "", Check().Ports, required, true},
		{"guarded by its floor", 445, "", nil, func(s *server) { s.dialects = native()[4:] }, true},
		{"guarded by encryption", 445, "", nil, insists, true},
		{"139 is asked too", 445, "", []check.Port{{Number: 445}, {Number: 139}}, required, false},
		{"guarded with SMB 1", 445, "", nil, func(s *server) { s.mode, s.smb1 = 3, speaks1(0x0f) }, false},
		{"exposed", 445, "", nil, func(*server) {}, false},
		{"quick, which names SMB 1 itself", 445, "quick", nil, required, false},
		{"SMB 1 not to be asked about", 445, "no-smb1", nil, required, false},
	} {
		s := windows()
		c.change(s)
		got := interviewWith(t, check.Subject{Endpoint: signet.Endpoint{Port: c.port}, Options: flags(c.flags), Ports: c.ports}, s.host())
		if slices.Contains(got.result.Unasked, ask139) != c.want {
			t.Errorf("%s: unasked %q", c.name, got.result.Unasked)
		}
	}
}
