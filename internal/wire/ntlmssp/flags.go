package ntlmssp

// Flags are the NegotiateFlags of [MS-NLMP] §2.2.2.5.
type Flags uint32

// The flags that a check reads or sets.
const (
	FlagUnicode          Flags = 0x00000001
	FlagOEM              Flags = 0x00000002
	FlagRequestTarget    Flags = 0x00000004
	FlagSign             Flags = 0x00000010
	FlagSeal             Flags = 0x00000020
	FlagNTLM             Flags = 0x00000200
	FlagAnonymous        Flags = 0x00000800
	FlagAlwaysSign       Flags = 0x00008000
	FlagTargetTypeDomain Flags = 0x00010000
	FlagTargetTypeServer Flags = 0x00020000
	FlagExtendedSecurity Flags = 0x00080000
	FlagTargetInfo       Flags = 0x00800000
	FlagVersion          Flags = 0x02000000
	Flag128              Flags = 0x20000000
	FlagKeyExchange      Flags = 0x40000000
	Flag56               Flags = 0x80000000
)

// offered are the flags of our NEGOTIATE. SIGN, SEAL and KEY_EXCH are left out on purpose: a session without
// integrity is exactly what a relay gets, so it is what we ask the server's opinion of.
const offered = FlagUnicode | FlagRequestTarget | FlagNTLM | FlagAlwaysSign | FlagExtendedSecurity |
	FlagTargetInfo | FlagVersion | Flag128 | Flag56
