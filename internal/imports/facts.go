package imports

import "signet"

// The facts that other tools can tell, in the shape of the contract. Fields that no tool tells are left out, and are
// unknown where a check reads them.

type smbFacts struct {
	Transport    string       `json:"transport"`
	Dialect      string       `json:"dialect"`
	Signing      signet.Level `json:"signing"`
	SecurityMode string       `json:"security_mode"`
	Odd          bool         `json:"odd_dialect,omitempty"`
	SMB2Offered  *bool        `json:"smb2_offered"`
	SMB1         smb1Facts    `json:"smb1"`
	Dialects     []string     `json:"dialects"`
	Floor        string       `json:"dialect_floor"`
	Encryption   []string     `json:"encryption"`
	Algorithms   []string     `json:"signing_algorithms"`
	Capabilities []string     `json:"capabilities"`
	ServerGUID   string       `json:"server_guid"`
	SystemTime   string       `json:"system_time"`
	StartTime    string       `json:"start_time"`
	Mechanisms   []string     `json:"mechanisms"`
	NTLMOffer    string       `json:"ntlm_offer"`
	NTLM         *signet.NTLM `json:"ntlm"`
	Undecided    []string     `json:"undecided"`
}

type smb1Facts struct {
	Offered   *bool        `json:"offered"`
	Signing   signet.Level `json:"signing"`
	Dialect   string       `json:"dialect"`
	Mode      string       `json:"security_mode"`
	Plaintext *bool        `json:"plaintext"`
	NativeOS  string       `json:"native_os,omitempty"`
	Domain    string       `json:"domain,omitempty"`
	Server    string       `json:"server,omitempty"`
}

func newSMB(port uint16) smbFacts {
	f := smbFacts{Transport: "direct", NTLMOffer: "unknown", Dialects: []string{}, Encryption: []string{}, Algorithms: []string{},
		Capabilities: []string{}, Mechanisms: []string{}, Undecided: []string{}}
	if port == 139 {
		f.Transport = "netbios"
	}
	return f
}

type httpFacts struct {
	TLS    *signet.TLS  `json:"tls,omitempty"`
	Server string       `json:"server"`
	Paths  []httpPath   `json:"paths"`
	NTLM   *signet.NTLM `json:"ntlm,omitempty"`
}

type httpPath struct {
	Path      string       `json:"path"`
	Role      string       `json:"role"`
	Status    int          `json:"status"`
	Schemes   []string     `json:"schemes"`
	NTLM      string       `json:"ntlm"`
	Negotiate string       `json:"negotiate,omitempty"`
	EPA       signet.Level `json:"epa"`
	Note      string       `json:"note,omitempty"`
}

type ldapFacts struct {
	TLS         string         `json:"tls"`
	StartTLS    *bool          `json:"starttls"`
	Signing     signet.Level   `json:"signing"`
	Binding     signet.Level   `json:"channel_binding"`
	Certificate string         `json:"certificate"`
	Catalog     bool           `json:"global_catalog"`
	Role        string         `json:"role"`
	Root        map[string]any `json:"root"`
	Mechanisms  []string       `json:"mechanisms"`
	NTLM        *signet.NTLM   `json:"ntlm,omitempty"`
	Session     *signet.TLS    `json:"session,omitempty"`
	Binds       []ldapBind     `json:"binds"`
}

// ldapBind is a question and the result of its answer.
type ldapBind struct {
	Over      string `json:"over"`
	Question  string `json:"question"`
	Challenge bool   `json:"challenge"`
	Code      int    `json:"code"`
}

func newLDAP(tls string) ldapFacts {
	return ldapFacts{TLS: tls, Certificate: "unknown", Role: "unknown", Root: map[string]any{}, Mechanisms: []string{}, Binds: []ldapBind{}}
}

type mssqlFacts struct {
	Service    string       `json:"service"`
	Version    string       `json:"version"`
	Product    string       `json:"product,omitempty"`
	Instance   string       `json:"instance"`
	Encryption string       `json:"encryption"`
	EPA        signet.Level `json:"epa"`
	Windows    string       `json:"windows_authentication"`
	NTLM       *signet.NTLM `json:"ntlm,omitempty"`
}

func newMSSQL() mssqlFacts {
	return mssqlFacts{Service: "engine", Encryption: "unknown", Windows: "unknown"}
}

type rdpFacts struct {
	Protocols []string     `json:"protocols"`
	NLA       signet.Level `json:"nla"`
	Refusals  []rdpRefusal `json:"refusals,omitempty"`
	TLS       *signet.TLS  `json:"tls,omitempty"`
	NTLM      *signet.NTLM `json:"ntlm,omitempty"`
}

type rdpRefusal struct {
	Asked string `json:"asked"`
	Code  string `json:"code"`
}

type mailFacts struct {
	Protocol   string       `json:"protocol"`
	TLS        string       `json:"tls"`
	StartTLS   *bool        `json:"starttls"`
	Mechanisms []string     `json:"mechanisms"`
	NTLM       *signet.NTLM `json:"ntlm,omitempty"`
	Session    *signet.TLS  `json:"session,omitempty"`
	Ways       []mailWay    `json:"ways"`
}

type mailWay struct {
	Over       string   `json:"over"`
	Mechanisms []string `json:"mechanisms"`
	NTLM       string   `json:"ntlm"`
	Via        string   `json:"via,omitempty"`
}

func yes() *bool { b := true; return &b }
