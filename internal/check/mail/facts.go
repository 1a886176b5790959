package mail

import (
	"signet"
	"signet/internal/text"
)

// Facts is what was learned of one mail endpoint.
type Facts struct {
	Protocol   string       `json:"protocol"` // smtp, imap, pop3; empty: not told
	TLS        string       `json:"tls"`      // none, starttls (offered and taken), implicit (from the first byte)
	StartTLS   *bool        `json:"starttls"` // offered; nil: not told, or TLS from the first byte
	Mechanisms []string     `json:"mechanisms"`
	NTLM       *signet.NTLM `json:"ntlm,omitempty"`

	Greeting string      `json:"greeting,omitempty"`
	Exchange []string    `json:"exchange_mechanisms,omitempty"` // of X-EXPS, between Exchange servers
	Session  *signet.TLS `json:"session,omitempty"`             // what the TLS handshake showed
	Ways     []Way       `json:"ways"`                          // each way in, and what was found there
}

// Way is one way into an endpoint: over nothing, over TLS after STARTTLS, over TLS from the first byte.
type Way struct {
	Over       string   `json:"over"`            // none, starttls, implicit
	Mechanisms []string `json:"mechanisms"`      // as listed on this way
	Logon      bool     `json:"logon,omitempty"` // a logon is taken here, by whatever means
	NTLM       string   `json:"ntlm"`            // proven, offered, refused, no, unknown
	Via        string   `json:"via,omitempty"`
	Answer     string   `json:"answer,omitempty"` // the peer's words where an AUTH brought no challenge
	Error      string   `json:"error,omitempty"`  // why this way is not known
}

// Values of Facts.TLS and Way.Over.
const (
	overPlain    = "none"
	overStartTLS = "starttls"
	overTLS      = "implicit"
)

// Values of Way.NTLM.
const (
	proven  = "proven"  // a type 2 came
	offered = "offered" // listed, not proven
	refused = "refused" // not listed, asked for, and refused
	absent  = "no"      // the list was read and holds nothing that NTLM fits in
	unknown = "unknown"
)

// AppendJSON appends the facts as one JSON object.
func (f *Facts) AppendJSON(dst []byte) []byte { return text.AppendJSON(dst, f) }

// way finds a way in, nil when nothing is known of it.
func (f *Facts) way(over string) *Way {
	for i := range f.Ways {
		if f.Ways[i].Over == over {
			return &f.Ways[i]
		}
	}
	return nil
}

// put files a way in. What a second look tells replaces what is not known; the answer to an AUTH stays.
func (f *Facts) put(w Way) {
	if old := f.way(w.Over); old != nil {
		if old.Via == "" && old.NTLM == unknown {
			*old = w
		}
	} else {
		f.Ways = append(f.Ways, w)
	}
	for _, m := range w.Mechanisms {
		f.Mechanisms = add(f.Mechanisms, m)
	}
}

func add(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// carrier is the mechanism by which NTLM would be asked for: NTLM itself, or one that negotiates it. RFC 4752's
// GSSAPI is Kerberos alone, but Microsoft's servers take SPNEGO under that name. "" when none of them is listed.
func carrier(mechanisms []string) string {
	for _, want := range []string{"NTLM", "GSS-SPNEGO", "GSSAPI"} {
		for _, m := range mechanisms {
			if m == want {
				return want
			}
		}
	}
	return ""
}

// maxText bounds what is kept of a peer's words.
const maxText = 200

func clip(s string) string { return text.Clip(s, maxText) + text.Either(len(s) > maxText, "…", "") }
