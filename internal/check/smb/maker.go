package smb

import (
	"slices"
	"strconv"
	"strings"

	"signet/internal/wire/spnego"
)

// maker is whose server it is. What a server does beyond its answers is known of these alone, so that a guard which is
// inferred from it stands only where several signs agree: any one of them is a field that another server may copy.
type maker uint8

const (
	makerUnknown maker = iota
	makerWindows
	makerSamba
)

func (m maker) String() string {
	switch m {
	case makerWindows:
		return "Windows"
	case makerSamba:
		return "Samba"
	}
	return "this server"
}

// firstWith311 is the build of the first Windows that speaks 3.1.1.
const firstWith311 = 10240

// maker tells Windows and Samba from all others. Windows 10 and later name NEGOEX beside NTLM, and their challenge has a
// build and the names of the machine. Samba names NTLM without NEGOEX, gives version 6.1 with build 0, and its GUID is
// the NetBIOS name of its challenge, padded with zeros.
func (f *Facts) maker() maker {
	n := f.NTLM
	if n == nil || n.NBComputer == "" || !slices.Contains(f.Mechanisms, spnego.NTLM) {
		return makerUnknown
	}
	negoex := slices.Contains(f.Mechanisms, spnego.NegoEx)
	if negoex && n.DNSComputer != "" && f.guidName() == "" {
		if build, ok := strings.CutPrefix(n.OSVersion, "10.0."); ok {
			if b, err := strconv.Atoi(build); err == nil && b >= firstWith311 {
				return makerWindows
			}
		}
	}
	if !negoex && n.OSVersion == sambaVersion && strings.EqualFold(f.guidName(), n.NBComputer) {
		return makerSamba
	}
	return makerUnknown
}

// sambaVersion is what Samba calls itself in a challenge.
const sambaVersion = "6.1.0"

// maybeSamba says that some sign of Samba is there. Samba shows required encryption only to an anonymous session, so
// that what may be Samba is asked for one.
func (f *Facts) maybeSamba() bool {
	return f.guidName() != "" || f.NTLM != nil && f.NTLM.OSVersion == sambaVersion
}

// guidName is the GUID of a server that is a NetBIOS name instead, fifteen letters at most; empty where it is none.
func (f *Facts) guidName() string {
	end := len(f.ServerGUID)
	for end > 0 && f.ServerGUID[end-1] == 0 {
		end--
	}
	for _, c := range f.ServerGUID[:end] {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	if end == len(f.ServerGUID) {
		return ""
	}
	return string(f.ServerGUID[:end])
}

// floorGuards says that 3.1.1 is the only dialect, of a server that is known to refuse an unsigned session of a user
// there ([MS-SMB2] §3.3.5.7). The specification asks it of everybody; ksmbd does not do it, and of appliances nobody
// knows.
func (f *Facts) floorGuards() bool { return f.DialectFloor == top && f.maker() != makerUnknown }
