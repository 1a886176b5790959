package names

import "signet/internal/text"

// Facts is what one responder said of its own name.
type Facts struct {
	Protocol  string   `json:"protocol"`  // nbns, llmnr, mdns
	Transport string   `json:"transport"` // udp, tcp
	Name      string   `json:"name"`      // its own name; empty: it answered without one
	Domain    string   `json:"domain,omitempty"`
	Names     []string `json:"names"` // the NetBIOS name table: NAME<suffix>
	RCode     uint8    `json:"rcode,omitempty"`
}

// Values of Facts.Protocol.
const (
	nbns  = "nbns"
	llmnr = "llmnr"
	mdns  = "mdns"
)

// Ports of the protocols.
const (
	portNBNS  = 137
	portLLMNR = 5355
	portMDNS  = 5353
)

// AppendJSON appends the facts as one JSON object.
func (f *Facts) AppendJSON(dst []byte) []byte { return text.AppendJSON(dst, f) }
