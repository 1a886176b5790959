package smb

import (
	"strings"

	"signet/internal/check"
)

// identify says what a file server shows of its host.
func identify(f *Facts) check.Identity {
	var id check.Identity
	if g, err := f.ServerGUID.MarshalText(); err == nil {
		id.GUID = string(g)
	}
	id.AddNTLM(f.NTLM)
	s := &f.SMB1
	id.AddName(check.NameNetBIOS, s.Server, "smb1")
	id.AddName(check.NameNetBIOSDomain, s.Domain, "smb1")
	id.AddProduct(strings.TrimSpace(s.NativeLanMan)) // of a Samba: "Samba 4.17.12-Debian"
	if s.NativeOS != "Unix" {                        // what every Samba says
		id.AddProduct(s.NativeOS)
	}
	return id
}
