package ldap

import (
	"slices"

	"signet"
	"signet/internal/text"
	wire "signet/internal/wire/ldap"
)

// Told is what another tool told of a directory: Facts without the fields that no tool tells, which are unknown where
// Facts are read from it.
type Told struct {
	TLS            string         `json:"tls"`
	StartTLS       *bool          `json:"starttls"`
	Signing        signet.Level   `json:"signing"`
	ChannelBinding signet.Level   `json:"channel_binding"`
	Certificate    string         `json:"certificate"`
	GlobalCatalog  bool           `json:"global_catalog"`
	Role           string         `json:"role"`
	Root           map[string]any `json:"root"`
	Mechanisms     []string       `json:"mechanisms"`
	NTLM           *signet.NTLM   `json:"ntlm,omitempty"`
	Session        *signet.TLS    `json:"session,omitempty"`
	Binds          []ToldBind     `json:"binds"`
}

// ToldBind is a question and the result of its answer.
type ToldBind struct {
	Over      string          `json:"over"`
	Question  string          `json:"question"`
	Challenge bool            `json:"challenge"`
	Code      wire.ResultCode `json:"code"`
}

// NewTold is a directory of which nothing is known yet, on a plain port.
func NewTold() *Told {
	return &Told{TLS: overPlain, Certificate: certUnknown, Role: roleUnknown, Root: map[string]any{}, Mechanisms: []string{}, Binds: []ToldBind{}}
}

// Secured says that TLS was spoken from the first byte. session is what its handshake showed.
func (t *Told) Secured(session *signet.TLS) {
	t.TLS, t.Certificate, t.Session = overLDAPS, certOK, session
}

// Uncertified says that TLS from the first byte failed for want of a certificate.
func (t *Told) Uncertified() { t.TLS, t.Certificate = overLDAPS, certMissing }

// RefusedUnsigned says that an anonymous NTLM bind without signing was refused for want of signing.
func (t *Told) RefusedUnsigned() {
	t.Signing = signet.Required
	t.Binds = append(t.Binds, ToldBind{Over: overPlain, Question: askAnonymous, Challenge: true, Code: wire.StrongerAuthRequired})
}

// Challenged says that an NTLM negotiate over TLS got its challenge.
func (t *Told) Challenged() {
	t.Binds = append(t.Binds, ToldBind{Over: overLDAPS, Question: askChallenge, Challenge: true, Code: wire.SaslBindInProgress})
}

// RefusedBinding says that a bind over TLS with a wrong channel binding was refused for it, or one without a binding.
func (t *Told) RefusedBinding(wrong bool) {
	question := askDecoyNone
	if wrong {
		question = askDecoyWrong
	}
	t.Binds = append(t.Binds, ToldBind{Over: overLDAPS, Question: question, Challenge: true, Code: wire.InvalidCredentials})
}

// ReadRoot takes the attributes of a rootDSE, of which those that Facts have are kept.
func (t *Told) ReadRoot(attributes map[string][]string) {
	clipped := func(list []string) []string {
		list = slices.Clone(list[:min(len(list), maxValues)])
		for i := range list {
			list[i] = text.Clip(list[i], maxText)
		}
		return list
	}
	for name, values := range attributes {
		if len(values) == 0 {
			continue
		}
		switch name {
		case "dnsHostName", "serverName", "dsServiceName", "ldapServiceName", "defaultNamingContext", "rootDomainNamingContext",
			"configurationNamingContext", "domainFunctionality", "forestFunctionality", "domainControllerFunctionality",
			"isGlobalCatalogReady", "isSynchronized", "currentTime", "vendorName", "vendorVersion":
			t.Root[name] = text.Clip(values[len(values)-1], maxText)
		case "namingContexts", "supportedCapabilities", "supportedExtension":
			t.Root[name] = clipped(values)
		case "supportedSASLMechanisms":
			t.Mechanisms = clipped(values)
		}
	}
	capabilities, _ := t.Root["supportedCapabilities"].([]string)
	switch {
	case slices.Contains(capabilities, capActiveDirectory): // whether it is read-only no tool was seen to tell
		t.Role = roleDC
	case slices.Contains(capabilities, capLDS):
		t.Role = roleLDS
	}
	t.GlobalCatalog = t.Root["isGlobalCatalogReady"] == "TRUE"
	if extensions, _ := t.Root["supportedExtension"].([]string); t.TLS == overPlain && slices.Contains(extensions, wire.StartTLS) {
		offered := true
		t.StartTLS = &offered
	}
}
