package mssql

import (
	"signet"
	"signet/internal/text"
	"signet/internal/wire/tds"
)

// Facts is what the check learned of one endpoint.
type Facts struct {
	Service    string       `json:"service"` // engine, browser
	Version    string       `json:"version"` // major.minor.build, as the server states it
	Product    string       `json:"product,omitempty"`
	Instance   string       `json:"instance"`
	Encryption string       `json:"encryption"`
	EPA        signet.Level `json:"epa"`

	// WindowsAuthentication is proven by a CHALLENGE, or refused by an error of the login; else unknown.
	WindowsAuthentication string       `json:"windows_authentication"`
	Refusal               *Refusal     `json:"refusal,omitempty"`
	Instances             []Instance   `json:"instances,omitempty"` // what the browser of the host lists
	TLS                   *signet.TLS  `json:"tls,omitempty"`
	NTLM                  *signet.NTLM `json:"ntlm,omitempty"`
}

// Values of Facts.Service.
const (
	serviceEngine  = "engine"
	serviceBrowser = "browser"
)

// Values of Facts.Encryption.
const (
	encryptionOff          = "off" // the login alone is encrypted
	encryptionOn           = "on"
	encryptionRequired     = "required"
	encryptionNotSupported = "not-supported"
	encryptionStrict       = "strict" // TDS 8.0
	encryptionUnknown      = "unknown"
)

// Values of Facts.WindowsAuthentication.
const (
	windowsProven  = "proven"
	windowsRefused = "refused"
	windowsUnknown = "unknown"
)

// Refusal is the error that a login was answered with. Text is the server's and in its language.
type Refusal struct {
	Number int32  `json:"number"`
	State  uint8  `json:"state"`
	Class  uint8  `json:"class"`
	Text   string `json:"text"`
}

// Instance is one line of the SQL Server Browser.
type Instance struct {
	Server    string `json:"server"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	Clustered bool   `json:"clustered"`
	Port      uint16 `json:"port,omitempty"` // TCP; 0: none
	Pipe      string `json:"pipe,omitempty"`
}

// NewFacts is an engine of which nothing is known yet.
func NewFacts() *Facts {
	f := newFacts(serviceEngine)
	return &f
}

// newFacts returns facts that claim nothing.
func newFacts(service string) Facts {
	return Facts{Service: service, Encryption: encryptionUnknown, WindowsAuthentication: windowsUnknown}
}

// AppendJSON appends the facts as one JSON object.
func (f *Facts) AppendJSON(dst []byte) []byte { return text.AppendJSON(dst, f) }

// encryption words the answer of a server that was asked with ENCRYPT_OFF.
func encryption(p *tds.Prelogin) string {
	if !p.HasEncryption {
		return encryptionUnknown
	}
	switch p.Encryption {
	case tds.EncryptOff:
		return encryptionOff
	case tds.EncryptOn:
		return encryptionOn
	case tds.EncryptRequired:
		return encryptionRequired
	case tds.EncryptNotSupported:
		return encryptionNotSupported
	}
	return encryptionUnknown
}

func instances(list []tds.Instance) []Instance {
	out := make([]Instance, 0, len(list))
	for _, i := range list {
		out = append(out, Instance{
			Server: i.Server, Name: i.Name, Version: i.Version, Clustered: i.Clustered, Port: i.TCPPort, Pipe: i.Pipe,
		})
	}
	return out
}
