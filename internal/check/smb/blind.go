package smb

import (
	"slices"

	"signet"
	"signet/internal/check"
)

// blind lists what no answer of a file server shows.
func blind() []check.Spot[Facts] {
	const one, many = "file server", "file servers"
	return []check.Spot[Facts]{
		{Blind: check.Blind{Lack: check.LacksWindows, What: "the refusal of unsigned SMB 3.1.1 sessions at", One: one, Many: many},
			At: func(f *Facts, v signet.Verdict) bool {
				return v == signet.Guarded && f.notRequired() && f.floorGuards() && f.maker() == makerWindows
			}},
		{Blind: check.Blind{Lack: check.LacksWindows, What: "required SMB encryption at", One: one, Many: many},
			At: func(f *Facts, _ signet.Verdict) bool { return is(f.EncryptionRequired) && f.maker() != makerSamba }},
		{Blind: check.Blind{Lack: check.OnNoWire, What: "SPN target name validation at", One: one, Many: many},
			At: func(_ *Facts, v signet.Verdict) bool { return v == signet.Exposed }},
		{Blind: check.Blind{Lack: check.NotAsked, What: "SMB 1 at", One: one, Many: many},
			At: func(f *Facts, _ signet.Verdict) bool {
				return f.SMB1.Offered == nil && !slices.Contains(f.Undecided, askSMB1)
			}},
		{Blind: check.Blind{Lack: check.NotAsked, What: "SMB over QUIC (UDP 443)"},
			At: func(f *Facts, _ signet.Verdict) bool { return f.Dialect == top }}, // which QUIC needs
	}
}
