package signet

import (
	"encoding/json"
	"time"
)

// Facts is what a check learned, without opinion. It is typed inside its check's folder; outside it is JSON, the
// `facts` of an endpoint's line. AppendJSON appends that JSON object.
type Facts interface {
	AppendJSON(dst []byte) []byte
}

// RawFacts are facts read back from JSON: a store, a file, another machine.
type RawFacts json.RawMessage

// AppendJSON appends the object as it was read.
func (r RawFacts) AppendJSON(dst []byte) []byte { return append(dst, r...) }

// Observation is what one check learned of one endpoint.
type Observation struct {
	Endpoint
	Check        string
	CheckVersion int
	At           time.Time     // when the asking began, UTC
	Took         time.Duration // until the outcome was known
	Outcome      Outcome
	Open         bool       // a connection was made, or a datagram answered, whatever came of it
	Connections  int        // how many were opened or tried, datagram exchanges among them
	Facts        Facts      // nil when nothing was learned
	Err          *Failure   // nil when nothing went wrong
	Unasked      []string   // questions left out, as stable words: "smb1", "channel-binding"
	Source       string     // the tool that saw it and its version, where that was not Signet's own asking
	Trace        []Exchange // the bytes that prove the facts; may be nil
}

// SourceCapture is the Source of what Signet heard in a packet capture.
const SourceCapture = "capture"

// Reached says whether anything was there. A closed or dark port and a question never asked leave a run's coverage
// complete and its report short; a port that is open and mute does not.
func (o *Observation) Reached() bool {
	return o.Open || o.Outcome != Skipped && o.Outcome != Refused && o.Outcome != Silent
}

// Lost says whether the endpoint is missing from the answer for a reason of ours, which no peer gave: its question was
// skipped, or Signet or this machine failed at it. Reports name it.
func (o *Observation) Lost() bool { return o.Outcome == Skipped || o.Outcome == Fault }

// Failure names what went wrong, once: the phase ("connect", "smb2 negotiate") and the cause.
type Failure struct {
	Phase string `json:"phase"`
	Text  string `json:"text"`
}

// Exchange is one request and what came back until the next request, bytes as on the wire (inside TLS: the plain
// text).
type Exchange struct {
	Note     string
	Sent     []byte
	Received []byte
}

// NTLM is what a CHALLENGE message says of its sender ([MS-NLMP] 2.2.1.2). Names come from the network: a writer
// sanitises them.
type NTLM struct {
	NBComputer  string `json:"nb_computer,omitempty"`
	NBDomain    string `json:"nb_domain,omitempty"`
	DNSComputer string `json:"dns_computer,omitempty"`
	DNSDomain   string `json:"dns_domain,omitempty"`
	DNSForest   string `json:"dns_forest,omitempty"`
	OSVersion   string `json:"os_version,omitempty"` // major.minor.build
	Time        string `json:"time,omitempty"`       // RFC 3339 UTC
}

// TLS is what a handshake showed of the server.
type TLS struct {
	Version    string   `json:"version"` // "1.0" … "1.3"
	Subject    string   `json:"subject"`
	Issuer     string   `json:"issuer"`
	NotAfter   string   `json:"not_after"` // RFC 3339 UTC
	SelfSigned bool     `json:"self_signed"`
	Names      []string `json:"names"` // subject alternative names: DNS names and addresses

	// ClientCertificate says that the server asked for one.
	ClientCertificate bool `json:"client_certificate,omitempty"`
}
