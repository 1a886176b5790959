package imports

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"signet"
	"signet/internal/bounds"
	"signet/internal/check/http"
	"signet/internal/check/mssql"
	"signet/internal/check/rdp"
	"signet/internal/check/smb"
	"signet/internal/text"
	"signet/internal/wire/http1"
)

func itoa(port uint16) string { return strconv.Itoa(int(port)) }

// zgrabLine is a line of zgrab2, of the modules whose output says anything to a check.
type zgrabLine struct {
	IP     string                     `json:"ip"`
	Domain string                     `json:"domain"`
	Data   map[string]json.RawMessage `json:"data"`
}

type zgrabResult struct {
	Status    string          `json:"status"`
	Protocol  string          `json:"protocol"`
	Port      uint16          `json:"port"`
	Timestamp time.Time       `json:"timestamp"`
	Result    json.RawMessage `json:"result"`
}

// answered tells whether a status of zgrab2 (its status.go) is one of something that was there. A time-out of reading is not: modules
// of UDP have it where nobody is.
func (z *zgrabResult) answered() bool {
	switch z.Status {
	case "success", "connection-refused", "connection-closed", "handshake-error", "protocol-error", "application-error":
		return true
	}
	return false
}

// Zgrab reads zgrab2's JSON lines. A module that failed says nothing of its port here.
func Zgrab(r io.Reader, host Hosts, deliver Sink) (Stats, error) {
	st := Stats{Source: "zgrab2"}
	in, nameless := bounds.NewObjects(r), 0
	err := func() error {
		for b, err := range in.All() {
			if err != nil {
				return err
			}
			var l zgrabLine
			if err := json.Unmarshal(b, &l); err != nil || l.Data == nil || l.IP == "" && l.Domain == "" {
				in.Odd.Add(in.Line, "this is no line of zgrab2")
				continue
			}
			addr, err := netip.ParseAddr(l.IP)
			if err != nil && l.IP != "" {
				in.Odd.Add(in.Line, fmt.Sprintf("%.60q is no address", l.IP))
				continue
			}
			if err != nil { // zgrab2 did not say which of the name's addresses answered
				nameless++
				continue
			}
			if err := l.observations(addr, in, &st, host, deliver); err != nil {
				return err
			}
		}
		return nil
	}()
	if nameless > 0 {
		st.Notes = append(st.Notes, fmt.Sprintf("left out are %d of its lines that give a name and no address: zgrab2 did not say which address answered", nameless))
	}
	st.missed(&in.Odd)
	return st, err
}

// observations hands over what the modules of one line found. An error is that of deliver.
func (l *zgrabLine) observations(addr netip.Addr, in *bounds.Objects, st *Stats, host Hosts, deliver Sink) error {
	answered := false
	for module, raw := range l.Data {
		var res zgrabResult
		if err := json.Unmarshal(raw, &res); err != nil {
			in.Odd.Add(in.Line, fmt.Sprintf("the result of %.40q is none of zgrab2", module))
			continue
		}
		answered = answered || res.answered()
		if res.Status != "success" && len(res.Result) == 0 {
			continue
		}
		st.Endpoints++
		if res.Protocol == "" {
			res.Protocol = module
		}
		o, err := res.observation(addr, l.Domain)
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		if err := deliver(o); err != nil {
			return err
		}
	}
	host.see(addr, answered)
	return nil
}

// zgrabNTLM is how zgrab2 prints a challenge (lib/smb).
type zgrabNTLM struct {
	TargetName          string `json:"target_name"`
	NetBIOSComputerName string `json:"netbios_computer_name"`
	NetBIOSDomainName   string `json:"netbios_domain_name"`
	DNSComputerName     string `json:"dns_computer_name"`
	DNSDomainName       string `json:"dns_domain_name"`
	ForestName          string `json:"forest_name"`
	OSVersion           string `json:"os_version"`
}

func (n *zgrabNTLM) names() *signet.NTLM {
	if n == nil || *n == (zgrabNTLM{}) {
		return nil
	}
	return &signet.NTLM{NBComputer: n.NetBIOSComputerName, NBDomain: n.NetBIOSDomainName, DNSComputer: n.DNSComputerName,
		DNSDomain: n.DNSDomainName, DNSForest: n.ForestName, OSVersion: n.OSVersion}
}

// observation reads what a module found; nil where it says nothing to a check.
func (z *zgrabResult) observation(addr netip.Addr, name string) (*signet.Observation, error) {
	emit := func(check string, port uint16, facts any, unasked ...string) (*signet.Observation, error) {
		if z.Port != 0 {
			port = z.Port
		}
		return observation(addr, name, port, check, "zgrab2", z.Timestamp.UTC(), facts, unasked...)
	}
	switch z.Protocol {
	case "smb":
		return z.smb(emit)
	case "mssql":
		var v struct {
			Version      string `json:"version"`
			InstanceName string `json:"instance_name"`
			EncryptMode  string `json:"encrypt_mode"`
		}
		if json.Unmarshal(z.Result, &v) != nil || v.Version == "" {
			return nil, nil
		}
		f := mssql.NewFacts()
		f.Version, f.Instance = text.Clip(v.Version, 40), text.Clip(v.InstanceName, 64)
		f.Encryption = map[string]string{"ENCRYPT_OFF": "off", "ENCRYPT_ON": "on", "ENCRYPT_REQ": "required", "ENCRYPT_NOT_SUP": "not-supported"}[v.EncryptMode]
		if f.Encryption == "" {
			f.Encryption = "unknown"
		}
		return emit(mssql.Name, 1433, f, "windows-authentication", "epa")
	case "http":
		return z.http(emit)
	case "rdp":
		var v struct {
			NTLM *zgrabNTLM `json:"ntlm"`
		}
		if json.Unmarshal(z.Result, &v) != nil || v.NTLM.names() == nil {
			return nil, nil
		}
		return emit(rdp.Name, 3389, &rdp.Facts{Protocols: []string{"nla"}, NTLM: v.NTLM.names()}, "nla")
	}
	return nil, nil
}

type maker func(check string, port uint16, facts any, unasked ...string) (*signet.Observation, error)

func (z *zgrabResult) smb(emit maker) (*signet.Observation, error) {
	var v struct {
		SupportV1 bool       `json:"smbv1_support"`
		HasNTLM   bool       `json:"has_ntlm"`
		NativeOS  string     `json:"native_os"`
		Group     string     `json:"group_name"`
		NTLM      *zgrabNTLM `json:"ntlm"`

		Negotiation *struct {
			Protocol     []byte   `json:"protocol_id"`
			Status       uint32   `json:"status"`
			SecurityMode *uint16  `json:"security_mode"`
			Dialect      *uint16  `json:"dialect_revision"`
			Mechanisms   []string `json:"authentication_types"`
		} `json:"negotiation_log"`
	}
	if json.Unmarshal(z.Result, &v) != nil {
		return nil, nil
	}
	f := smb.NewTold(z.Port)
	// An answer that agrees to nothing is logged like any other, and so is one of SMB 1: neither has a mode to read.
	if n := v.Negotiation; n != nil && n.SecurityMode != nil && n.Dialect != nil && n.Status == 0 && (n.Protocol == nil || string(n.Protocol) == "\xfeSMB") {
		f.OffersSMB2()
		f.SecurityMode = fmt.Sprintf("0x%02x", *n.SecurityMode)
		if f.Dialect = map[uint16]string{0x202: "2.0.2", 0x210: "2.1", 0x300: "3.0", 0x302: "3.0.2", 0x311: "3.1.1"}[*n.Dialect]; f.Dialect == "" {
			f.Dialect, f.Odd = fmt.Sprintf("0x%04x", *n.Dialect), true
		}
		for _, m := range n.Mechanisms {
			if word := map[string]string{"1.3.6.1.4.1.311.2.2.10": "ntlm", "1.2.840.113554.1.2.2": "kerberos", "1.3.6.1.4.1.311.2.2.30": "negoex"}[m]; word != "" {
				f.Mechanisms = append(f.Mechanisms, word)
				v.HasNTLM = v.HasNTLM || word == "ntlm"
			}
		}
		switch {
		case *n.SecurityMode&2 != 0:
			f.Signing = signet.Required
		case *n.SecurityMode&1 != 0:
			f.Signing = signet.Optional
		default:
			f.Signing = signet.Off
		}
	}
	if v.SupportV1 {
		// That it is false may mean that it was not tried: zgrab2 tries one version at a time.
		f.OffersSMB1()
		f.SMB1.NativeOS, f.SMB1.Domain = text.Clip(v.NativeOS, 120), text.Clip(v.Group, 64)
	}
	if v.HasNTLM {
		f.NTLMOffer = "offered"
		if !slices.Contains(f.Mechanisms, "ntlm") { // older ones keep no list
			f.Mechanisms = append(f.Mechanisms, "ntlm")
		}
	}
	if f.NTLM = v.NTLM.names(); f.NTLM != nil {
		f.NTLMOffer = "proven"
	}
	if f.SMB2Offered == nil && f.SMB1.Offered == nil {
		return nil, nil
	}
	return emit(smb.Name, 445, f, "smb1", "dialect-floor", "encryption")
}

func (z *zgrabResult) http(emit maker) (*signet.Observation, error) {
	var v struct {
		Response *struct {
			StatusCode int `json:"status_code"`
			Headers    struct {
				Auth   []string `json:"www_authenticate"`
				Server []string `json:"server"`
			} `json:"headers"`
			Request struct {
				URL struct {
					Scheme string `json:"scheme"`
					Path   string `json:"path"`
				} `json:"url"`
				TLS json.RawMessage `json:"tls_log"`
			} `json:"request"`
		} `json:"response"`
	}
	if json.Unmarshal(z.Result, &v) != nil || v.Response == nil || len(v.Response.Headers.Auth) == 0 {
		return nil, nil
	}
	r := v.Response
	path := http.Path{Path: r.Request.URL.Path, Status: r.StatusCode, Schemes: []string{}, Note: "no NTLM message was sent"}
	if path.Path == "" {
		path.Path = "/"
	}
	for _, challenge := range http1.ParseChallenges(r.Headers.Auth) {
		c := canonical(challenge.Scheme)
		switch c {
		case "NTLM":
			path.NTLM, path.Note = http.OfferAnnounced, ""
		case "Negotiate":
			path.Negotiate = http.NegotiateUnknown
		}
		if path.Schemes = append(path.Schemes, c); len(path.Schemes) == 16 {
			break
		}
	}
	f := http.Facts{Paths: []http.Path{path}}
	if len(r.Headers.Server) > 0 {
		f.Server = text.Clip(r.Headers.Server[0], 256)
	}
	port := uint16(80)
	if r.Request.URL.Scheme == "https" || len(r.Request.TLS) > 4 {
		f.TLS, port = &signet.TLS{Names: []string{}}, 443
	}
	return emit(http.Name, port, f, "paths", "ntlm-proof")
}
