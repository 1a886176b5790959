package ldap

import (
	"slices"
	"strings"

	wire "signet/internal/wire/ldap"

	"signet/internal/text"
)

// Root holds the selected attributes of a rootDSE (RFC 4512 §5.1, [MS-ADTS] §3.1.1.3.2), under their own names.
type Root struct {
	DNSHostName                   string   `json:"dnsHostName,omitempty"`
	ServerName                    string   `json:"serverName,omitempty"`
	DSServiceName                 string   `json:"dsServiceName,omitempty"`
	LDAPServiceName               string   `json:"ldapServiceName,omitempty"`
	DefaultNamingContext          string   `json:"defaultNamingContext,omitempty"`
	RootDomainNamingContext       string   `json:"rootDomainNamingContext,omitempty"`
	ConfigurationNamingContext    string   `json:"configurationNamingContext,omitempty"`
	NamingContexts                []string `json:"namingContexts,omitempty"`
	DomainFunctionality           string   `json:"domainFunctionality,omitempty"`
	ForestFunctionality           string   `json:"forestFunctionality,omitempty"`
	DomainControllerFunctionality string   `json:"domainControllerFunctionality,omitempty"`
	IsGlobalCatalogReady          string   `json:"isGlobalCatalogReady,omitempty"`
	IsSynchronized                string   `json:"isSynchronized,omitempty"`
	CurrentTime                   string   `json:"currentTime,omitempty"`
	SupportedCapabilities         []string `json:"supportedCapabilities,omitempty"`
	SupportedExtension            []string `json:"supportedExtension,omitempty"`
	VendorName                    string   `json:"vendorName,omitempty"`
	VendorVersion                 string   `json:"vendorVersion,omitempty"`
}

// Capabilities that tell roles apart ([MS-ADTS] §3.1.1.3.4.3).
const (
	capActiveDirectory = "1.2.840.113556.1.4.800"
	capLDS             = "1.2.840.113556.1.4.1851"
	capRODC            = "1.2.840.113556.1.4.1920"
)

// Bounds on what is kept of a rootDSE: the longest real list seen has 46 values.
const (
	maxValues = 64
	maxText   = 512
)

func list(e wire.Entry, name string) []string {
	v := e.Values(name)
	v = v[:min(len(v), maxValues)]
	for i := range v {
		v[i] = text.Clip(v[i], maxText)
	}
	return v
}

// readRoot takes over what the rootDSE says of its server.
func (f *Facts) readRoot(e wire.Entry) {
	one := func(name string) string { return text.Clip(e.Value(name), maxText) }
	f.Root = Root{
		DNSHostName:                   one("dnsHostName"),
		ServerName:                    one("serverName"),
		DSServiceName:                 one("dsServiceName"),
		LDAPServiceName:               one("ldapServiceName"),
		DefaultNamingContext:          one("defaultNamingContext"),
		RootDomainNamingContext:       one("rootDomainNamingContext"),
		ConfigurationNamingContext:    one("configurationNamingContext"),
		NamingContexts:                list(e, "namingContexts"),
		DomainFunctionality:           one("domainFunctionality"),
		ForestFunctionality:           one("forestFunctionality"),
		DomainControllerFunctionality: one("domainControllerFunctionality"),
		IsGlobalCatalogReady:          one("isGlobalCatalogReady"),
		IsSynchronized:                one("isSynchronized"),
		CurrentTime:                   one("currentTime"),
		SupportedCapabilities:         list(e, "supportedCapabilities"),
		SupportedExtension:            list(e, "supportedExtension"),
		VendorName:                    one("vendorName"),
		VendorVersion:                 one("vendorVersion"),
	}
	if m := list(e, "supportedSASLMechanisms"); m != nil {
		f.Mechanisms = m
	}
	f.GlobalCatalog = strings.EqualFold(f.Root.IsGlobalCatalogReady, "TRUE")
	f.Role = role(f.Root.SupportedCapabilities)
	if f.Role == roleDC || f.Role == roleRODC {
		f.Domain = domain(f.Root.DefaultNamingContext)
	}
	if f.Role != roleDirectory {
		f.FunctionalLevel = functionalLevel(f.Root.DomainControllerFunctionality)
	}
}

// role reads the capabilities. AD LDS does not claim the capability of AD itself.
func role(capabilities []string) string {
	switch {
	case slices.Contains(capabilities, capActiveDirectory) && slices.Contains(capabilities, capRODC):
		return roleRODC
	case slices.Contains(capabilities, capActiveDirectory):
		return roleDC
	case slices.Contains(capabilities, capLDS):
		return roleLDS
	}
	return roleDirectory
}

// functionalLevel names the version of Windows Server whose features a domain controller has
// ([MS-ADTS] §3.1.1.3.2.27).
func functionalLevel(v string) string {
	switch v {
	case "0":
		return "2000"
	case "2":
		return "2003"
	case "3":
		return "2008"
	case "4":
		return "2008 R2"
	case "5":
		return "2012"
	case "6":
		return "2012 R2"
	case "7":
		return "2016 to 2022"
	case "10":
		return "2025"
	}
	return ""
}

// domain turns DC=example,DC=com into example.com; anything else into "".
func domain(dn string) string {
	var labels []string
	for part := range strings.SplitSeq(dn, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || !strings.EqualFold(key, "DC") || value == "" {
			return ""
		}
		labels = append(labels, strings.ToLower(value))
	}
	return strings.Join(labels, ".")
}
