package fix

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// Target is a host that breaks a rule.
type Target struct {
	Rule    string
	Addr    netip.Addr
	Port    uint16
	Asked   string // the name that the user typed, which led to this address and to no other, or empty
	Name    string // what it calls itself: it addresses nothing, and stands in comments where it is a host name in form
	Where   string
	Windows signet.Answer
	Samba   bool
}

// hostName is a DNS name that may stand in a script: letters, digits, hyphens, dots.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)

// named gives a name in lower case if it may stand in a script, else "".
func named(name string) string {
	if len(name) <= 253 && hostName.MatchString(name) && strings.Trim(name, "0123456789.") != "" {
		return strings.ToLower(name)
	}
	return ""
}

// host is how a script reaches it: by the name that the user typed, else by the address that was asked. What a peer calls
// itself never leads a script anywhere.
func (t *Target) host() string {
	if name := named(t.Asked); name != "" {
		return name
	}
	return t.Addr.String()
}

// reached is a host as it stands in a script.
type reached struct {
	addr  string // as it was asked
	asked string // the name that the user typed, or empty
	says  string // what it calls itself, or empty
}

func (t *Target) reached() reached {
	r := reached{addr: t.Addr.String(), asked: named(t.Asked), says: named(t.Name)}
	if r.says == r.asked {
		r.says = ""
	}
	return r
}

// at is the name, else the address.
func (r *reached) at() string {
	if r.asked != "" {
		return r.asked
	}
	return r.addr
}

// about is the text of a comment on a host: where it is, and what it calls itself.
func (r *reached) about() string {
	var said []string
	if r.asked != "" {
		said = append(said, "at "+r.addr)
	}
	if r.says != "" {
		said = append(said, "calls itself "+r.says)
	}
	return strings.Join(said, ", ")
}

// Plan is what is to be closed where.
type Plan struct {
	Run     string // the run it is made from
	Rules   []*check.Rule
	Targets []Target // each of one of the rules
}

// Formats lists the words of --format.
func Formats() []string { return []string{"powershell", "ansible", "reg", "smb.conf", "csv"} }

// Write writes the plan; ok is false for a format that is none.
func Write(format string, p *Plan) (script []byte, ok bool) {
	var b bytes.Buffer
	switch format {
	case "powershell":
		p.powershell(&b)
	case "ansible":
		p.ansible(&b)
	case "reg":
		p.reg(&b)
	case "smb.conf":
		p.smbconf(&b)
	case "csv":
		p.csv(&b)
	default:
		return nil, false
	}
	return b.Bytes(), true
}

// job is one rule and the hosts that a script is for.
type job struct {
	check.Recipe // the zero one where the rule has none
	rule         string
	hosts        []reached
	notes        []string // hosts that it is not for, or not known to be for
}

func recipe(r *check.Rule) check.Recipe {
	if r.Recipe == nil {
		return check.Recipe{}
	}
	return *r.Recipe
}

// scripted tells whether a Windows script does anything for the rule.
func (j *job) scripted() bool { return len(j.Enforce)+len(j.Commands) > 0 }

// jobs groups the targets by rule. For a Windows script hosts that are known to be Samba are left out, for Samba those that
// are known to be Windows; a note of the job says how many.
func (p *Plan) jobs(windows bool) []job {
	var list []job
	for _, rule := range p.Rules {
		j := job{Recipe: recipe(rule), rule: rule.ID}
		other, unsure := 0, 0
		for i := range p.Targets {
			t := &p.Targets[i]
			if t.Rule != rule.ID {
				continue
			}
			if windows && t.Samba || !windows && t.Windows == signet.Yes {
				other++
				continue
			}
			h := t.reached()
			if !slices.ContainsFunc(j.hosts, func(o reached) bool { return o.addr == h.addr }) {
				j.hosts = append(j.hosts, h)
				if windows && t.Windows != signet.Yes || !windows && !t.Samba {
					unsure++
				}
			}
		}
		system, opposite := "Windows", "Samba, not Windows: signet fix --format smb.conf"
		if !windows {
			system, opposite = "Samba", "Windows, not Samba: signet fix --format powershell"
		}
		if other > 0 {
			j.notes = append(j.notes, fmt.Sprintf("%d left out: %s.", other, opposite))
		}
		if unsure > 0 {
			j.notes = append(j.notes, fmt.Sprintf("%d of these hosts are not known to be %s: look before you run this on them.", unsure, system))
		}
		list = append(list, j)
	}
	return list
}

// heads are the lines that stand above every script.
func (p *Plan) heads() []string {
	return []string{
		"Printed by signet fix for run " + text.OneLine(p.Run) + ". Nothing was run: read it, try it on one host, then go on.",
		"The order is audit, enforce, verify, roll back. Between audit and enforce lie days, not minutes.",
		"Hosts stand by the address that was asked, or by the name that you typed. What one calls itself is a comment: anybody can say it.",
	}
}
