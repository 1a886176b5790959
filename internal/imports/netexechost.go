package imports

import (
	"net/netip"
	"regexp"
	"strconv"
	"time"

	"signet"
	"signet/internal/check/http"
	"signet/internal/check/ldap"
	"signet/internal/check/mssql"
	"signet/internal/check/rdp"
	"signet/internal/check/smb"
)

// nxcHost is one row of a database while observations are made of it. NetExec keeps no time and, but for RDP and WinRM, no port: the
// default port stands, and the time is left to the caller.
type nxcHost struct {
	row    nxcRow
	addr   netip.Addr
	sink   Sink
	stats  *Stats
	doubts *nxcDoubts
}

func (h *nxcHost) emit(check string, port uint16, facts any, unasked ...string) error {
	h.stats.Endpoints++
	o, err := observation(h.addr, "", port, check, h.stats.Source, time.Time{}, facts, unasked...)
	if err != nil {
		return err
	}
	return h.sink(o)
}

// port is the row's, or else the protocol's own.
func (h *nxcHost) port(own uint16) uint16 {
	if n, ok := h.row["port"].(int64); ok && n > 0 && n < 1<<16 {
		return uint16(n)
	}
	if n, err := strconv.ParseUint(h.row.text("port"), 10, 16); err == nil && n > 0 {
		return uint16(n)
	}
	return own
}

// build finds the build number in the text of an operating system, which comes from the server's NTLM challenge where it
// says "Build": an SMB 1 session setup words it otherwise, and where NTLM is off there is none. Samba's is 0, which
// NetExec turns into its name.
func (h *nxcHost) build() (n int, challenged bool) {
	os := h.row.text("os")
	if os == "Unix - Samba" {
		return 0, true
	}
	m := regexp.MustCompile(` Build (\d{1,6})\b`).FindStringSubmatch(os)
	if m == nil {
		return 0, false
	}
	n, _ = strconv.Atoi(m[1]) // digits
	return n, true
}

// names is the computer's. The domain of a row may be the one that the user of NetExec typed, and is not taken.
func (h *nxcHost) names() *signet.NTLM {
	name := h.row.text("hostname")
	if _, err := netip.ParseAddr(name); err == nil || name == "" {
		return nil // what was typed, where no name was told
	}
	return &signet.NTLM{NBComputer: name}
}

// smb takes a level only where the row shows how NetExec came by it. NetExec does not keep whether signing that is not
// required is enabled.
func (h *nxcHost) smb() error {
	f := smb.NewTold(445)
	build, challenged := h.build()
	one, told := h.row.truth("smbv1")
	if one = one && told; one { // that it is not may mean that the attempt failed, whatever for
		f.OffersSMB1()
	}
	os := h.row.text("os")
	required, known := h.row.truth("signing")
	switch {
	case !known:
	case challenged && !one && !required:
		f.Signing = signet.Optional
	case challenged && build > 0 && build < 10240 && required:
		f.Signing = signet.Required // a system that has no SMB 3.1.1
	case !challenged && one && os != "" && os != "Unix":
		// A session of SMB 1, whose set-up names the system: the level is that of its negotiate.
		if f.SMB1.Signing = signet.Optional; required {
			f.SMB1.Signing = signet.Required
		}
	case required:
		h.doubts.required++
	default:
		h.doubts.unrequired++
	}
	if challenged {
		f.OffersSMB2()
		f.NTLMOffer, f.NTLM = "proven", h.names()
	}
	unasked := []string{"encryption", "dialect-floor"}
	if !one {
		unasked = append(unasked, "smb1")
	}
	if f.SMB2Offered == nil {
		unasked = append(unasked, "smb2")
	}
	return h.emit(smb.Name, 445, f, unasked...)
}

// ldap takes what only one answer of the server can have led to: a bind that was refused for want of signing, and the
// two refusals of a binding. "Not required" and "Never" are also what NetExec says when it does not know.
func (h *nxcHost) ldap() error {
	plain, over := ldap.NewTold(), ldap.NewTold()
	if required, known := h.row.truth("signing_required"); known && required {
		plain.RefusedUnsigned()
		plain.NTLM = h.names()
	} else if known {
		h.doubts.sign++
	}
	unasked := []string{"starttls"}
	if plain.Signing == signet.Unknown {
		unasked = append(unasked, "signing")
	}
	if err := h.emit(ldap.Name, 389, plain, unasked...); err != nil {
		return err
	}
	switch h.row.text("channel_binding") {
	case "Always":
		over.ChannelBinding = signet.Required
		over.Challenged()
		over.RefusedBinding(false)
	case "When Supported":
		over.ChannelBinding = signet.Optional
		over.Challenged()
		over.RefusedBinding(true)
		over.RefusedBinding(false)
	case "No TLS cert":
		over.Uncertified()
		return h.emit(ldap.Name, 636, over, "channel-binding")
	case "Never":
		h.doubts.bind++
		return nil
	default:
		return nil
	}
	over.Secured(&signet.TLS{Names: []string{}})
	over.NTLM = h.names()
	return h.emit(ldap.Name, 636, over)
}

// mssql tells that there is an engine, and its names where they are the challenge's. How many instances there are says
// nothing of any.
func (h *nxcHost) mssql() error {
	f := mssql.NewFacts()
	if _, challenged := h.build(); challenged {
		f.NTLM, f.WindowsAuthentication = h.names(), "proven"
	}
	return h.emit(mssql.Name, 1433, f, "encryption", "epa")
}

// rdp: names come from NLA. That NLA is required is NetExec's default; that it is not is what it saw.
func (h *nxcHost) rdp() error {
	f := rdp.Facts{Protocols: []string{}}
	if _, challenged := h.build(); challenged {
		f.Protocols, f.NTLM = []string{"nla"}, h.names()
		if required, known := h.row.truth("nla"); known && !required {
			f.NLA = signet.Optional
		}
	}
	return h.emit(rdp.Name, h.port(3389), f, "nla")
}

// winrm tells that WinRM is there. Older versions took the names from SMB, so they prove no NTLM here.
func (h *nxcHost) winrm() error {
	port := h.port(5985)
	f := http.Facts{Paths: []http.Path{{Path: "/wsman", Role: "winrm", Status: 401, Schemes: []string{}, Negotiate: http.NegotiateUnknown, Note: "NetExec keeps no answer"}}}
	if port == 5986 {
		f.TLS = &signet.TLS{Names: []string{}}
	}
	return h.emit(http.Name, port, f, "paths", "ntlm-proof")
}
