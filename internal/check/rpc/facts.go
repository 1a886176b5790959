package rpc

import (
	"slices"

	"signet"
	"signet/internal/text"
	"signet/internal/wire/dcerpc"
)

// Facts is what was learned of one endpoint mapper.
type Facts struct {
	Interfaces []Interface `json:"interfaces"`
	Coercible  []string    `json:"coercible"` // specifications, sorted: MS-RPRN, …

	CertificateAuthority bool   `json:"certificate_authority"` // MS-ICPR is registered
	Complete             bool   `json:"complete"`              // the mapper said that nothing was left
	Fault                uint32 `json:"fault,omitempty"`       // status with which the question was refused

	NTLM *signet.NTLM `json:"ntlm,omitempty"` // of somebody else's logon, in a capture
}

// Interface is one registered way to an interface.
type Interface struct {
	UUID       string `json:"uuid"`
	Name       string `json:"name"`     // specification, or empty
	Protocol   string `json:"protocol"` // protocol sequence: ncacn_ip_tcp, ncacn_np, ncalrpc, …
	Endpoint   string `json:"endpoint"` // port, pipe or local name
	Annotation string `json:"annotation,omitempty"`
}

// AppendJSON appends the facts as one JSON object.
func (f *Facts) AppendJSON(dst []byte) []byte { return text.AppendJSON(dst, f) }

func newFacts() Facts { return Facts{Interfaces: []Interface{}, Coercible: []string{}} }

// put files an entry of the mapper; an entry without an interface says nothing, one seen before nothing new.
func (f *Facts) put(e dcerpc.Entry) {
	if e.Tower.Interface == (dcerpc.UUID{}) {
		return
	}
	uuid := e.Tower.Interface.String()
	i := Interface{UUID: uuid, Name: dcerpc.Name(uuid), Protocol: e.Tower.Protocol, Endpoint: e.Tower.Endpoint, Annotation: e.Annotation}
	if slices.Contains(f.Interfaces, i) {
		return
	}
	f.Interfaces = append(f.Interfaces, i)
	if name := dcerpc.Coercible(uuid); name != "" && !slices.Contains(f.Coercible, name) {
		f.Coercible = append(f.Coercible, name)
		slices.Sort(f.Coercible)
	}
	f.CertificateAuthority = f.CertificateAuthority || uuid == dcerpc.ICPR
}
