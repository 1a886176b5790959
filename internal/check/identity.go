package check

import (
	"fmt"
	"slices"
	"strings"

	"signet"
	"signet/internal/text"
)

// Identity is what the facts of one endpoint say of the host behind it, and nothing about how it guards itself. The
// zero value says nothing. Texts are the peer's, shortened and not sanitised.
type Identity struct {
	Names     []Named
	GUID      string // of the SMB server; empty: none was shown
	Roles     []RoleHint
	OSVersion string // major.minor.build of an NTLM CHALLENGE
	Products  []string
	Windows   signet.Answer
	Samba     bool
}

// Named is one name and what said it.
type Named struct {
	Kind NameKind
	Name string
	From string // "ntlm", "certificate", "rootdse", "nbstat", "llmnr", "mdns", "smb1"
}

// NameKind says what a name stands for.
type NameKind uint8

const (
	NameDNS           NameKind = iota // of the computer
	NameNetBIOS                       // of the computer
	NameAlias                         // a name it answers for, which need not be its own
	NameDomain                        // DNS name of the domain
	NameNetBIOSDomain                 // or the workgroup
	NameForest
)

func (k NameKind) String() string {
	words := []string{"dns", "netbios", "alias", "domain", "netbios-domain", "forest"}
	if int(k) < len(words) {
		return words[k]
	}
	return fmt.Sprintf("unknown(%d)", uint8(k))
}

// Roles that a host may play, as policies and host lines name them.
const (
	RoleDomainController = "domain-controller"
	RoleCA               = "certification-authority"
	RoleCAWeb            = "certificate-enrolment-web"
	RoleExchange         = "exchange"
	RoleMECM             = "configuration-manager"
	RoleWSUS             = "wsus"
	RoleADFS             = "ad-fs"
	RoleSQLServer        = "sql-server"
	RoleSharePoint       = "sharepoint"
	RoleReporting        = "reporting-services"
	RoleRDGateway        = "rd-gateway"
	RoleSkype            = "skype"
	RoleMailServer       = "mail-server"
	RoleDirectory        = "directory"
	RoleWebProxy         = "web-proxy"
	RoleWebServer        = "web-server"
	RoleRemoteDesktop    = "remote-desktop"
	RoleServer           = "server"
	RoleWorkstation      = "workstation"
	RoleNAS              = "nas"
	RolePrinter          = "printer"
)

// Roles lists every role, what is worth most to an attacker first.
func Roles() []string {
	return []string{
		RoleDomainController, RoleCA, RoleCAWeb, RoleExchange, RoleMECM, RoleWSUS,
		RoleADFS, RoleSQLServer, RoleSharePoint, RoleReporting, RoleRDGateway, RoleSkype, RoleMailServer, RoleDirectory,
		RoleWebProxy, RoleWebServer, RoleRemoteDesktop, RoleServer, RoleWorkstation, RoleNAS, RolePrinter,
	}
}

// RoleHint is a role that facts speak for. Certain says that they prove it.
type RoleHint struct {
	Role    string
	Certain bool
	Because string
}

// Bounds on what is kept of a peer's words: a DNS name has at most 253 characters (RFC 1035 §2.3.4), a certificate may
// carry thousands of names.
const (
	maxName             = 253
	maxCertificateNames = 16
)

// AddName files a name; an empty one is none.
func (id *Identity) AddName(kind NameKind, name, from string) {
	name = strings.TrimSuffix(strings.TrimRight(name, "\x00 "), ".")
	if name == "" {
		return
	}
	n := Named{kind, text.Clip(name, maxName), from}
	if !slices.Contains(id.Names, n) {
		id.Names = append(id.Names, n)
	}
}

// AddRole files a role.
func (id *Identity) AddRole(role string, certain bool, because string) {
	id.Roles = append(id.Roles, RoleHint{role, certain, because})
}

// AddProduct files what software calls itself, and what that tells of the host.
func (id *Identity) AddProduct(product string) {
	product = text.Clip(strings.TrimSpace(product), 120)
	if product == "" || slices.Contains(id.Products, product) {
		return
	}
	id.Products = append(id.Products, product)
	lower := strings.ToLower(product)
	switch {
	case strings.Contains(lower, "samba"):
		id.Samba = true
	case contains(lower, "laserjet", "officejet", "printer"):
		id.AddRole(RolePrinter, false, "it calls itself "+product)
	case contains(lower, "synology", "qnap", "truenas", "freenas", "data ontap"):
		id.AddRole(RoleNAS, false, "it calls itself "+product)
	}
}

// AddNTLM files what a CHALLENGE says. Whether the host is a domain controller does not stand in it: its flags are the
// same on a member ([MS-NLMP] 2.2.2.5; unverified on every version).
//
// Samba writes version 6.1 build 0, which no Windows has; a build of Windows 10 or later may be Windows or a server
// that imitates it, and is taken at its word.
func (id *Identity) AddNTLM(n *signet.NTLM) {
	if n == nil {
		return
	}
	const from = "ntlm"
	id.AddName(NameDNS, n.DNSComputer, from)
	id.AddName(NameNetBIOS, n.NBComputer, from)
	id.AddName(NameDomain, n.DNSDomain, from)
	id.AddName(NameNetBIOSDomain, n.NBDomain, from)
	id.AddName(NameForest, n.DNSForest, from)
	if n.OSVersion == "" {
		return
	}
	id.OSVersion = text.Clip(n.OSVersion, 40)
	major, rest, _ := strings.Cut(n.OSVersion, ".")
	_, build, _ := strings.Cut(rest, ".")
	switch {
	case n.OSVersion == "6.1.0":
		id.Samba = true
	case major != "5" && major != "6" && major != "10": // impacket writes 255.255.65535
	case build != "" && build != "0":
		id.Windows = signet.Yes
	}
}

// AddTLS files the names of a certificate. They are aliases: a certificate says what a server answers for.
func (id *Identity) AddTLS(t *signet.TLS) {
	if t == nil {
		return
	}
	kept := 0
	for _, n := range t.Names {
		if kept == maxCertificateNames {
			break
		}
		if strings.Contains(n, ".") && !strings.ContainsAny(n, "*/ @") {
			id.AddName(NameAlias, n, "certificate")
			kept++
		}
	}
	for part := range strings.SplitSeq(t.Subject, ",") {
		if cn, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok && kept == 0 && strings.Contains(cn, ".") && !strings.ContainsAny(cn, "*/ @") {
			id.AddName(NameAlias, cn, "certificate")
		}
	}
}

func contains(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}
