package http

import (
	"fmt"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// way is what one path means for relayed NTLM.
type way struct {
	verdict signet.Verdict
	rule    string // "" for none
	text    string
}

// judge is pure. The endpoint is as bad as its worst path; Basic over plain HTTP is a finding beside the verdict.
func judge(f *Facts) check.Judgement {
	if len(f.Paths) == 0 {
		return check.Judgement{Because: []string{"the server answered on no path"}}
	}
	j := check.Judgement{Verdict: signet.Unseen}
	ways := make([]way, len(f.Paths))
	for i := range f.Paths {
		ways[i] = f.way(&f.Paths[i])
		j.Verdict = j.Verdict.Worse(ways[i].verdict)
	}
	if f.Hidden != "" && j.Verdict != signet.Exposed {
		return check.Judgement{Because: []string{f.Hidden, "only plain HTTP answered on this port, so the service behind TLS is unknown"}, Breaches: f.breaches(ways)}
	}
	if j.Verdict != signet.Exposed && f.NoSite {
		return check.Judgement{Because: []string{"the server has no site for the name in the request (404 or 400 on every path): " +
			"scan the host name that its clients use"}}
	}
	if j.Verdict != signet.Exposed && f.nobodyHome() {
		return check.Judgement{Because: []string{"http.sys has no site for the name in the request (404 or 400 on every path): " +
			"scan the host name that its clients use"}}
	}
	if harmless(j.Verdict) && len(f.Paths) == 1 && f.Paths[0].Path == "/" {
		return check.Judgement{Because: []string{"/: " + ways[0].text, "nobody asked for another path"}, Breaches: f.breaches(ways)}
	}
	asked := 0
	for i := range f.Paths {
		if f.Paths[i].Role != absent {
			asked++
		}
	}
	switch j.Verdict {
	case signet.Guarded:
		j.Because = append(j.Because, fmt.Sprintf("the server takes NTLM on none of the paths asked (%d asked)", asked))
	case signet.Unseen:
		j.Because = append(j.Because, fmt.Sprintf("the server wants a logon on none of the paths asked (%d asked)", asked))
	}
	j.Because = append(j.Because, f.because(ways, func(w way) bool { return w.verdict == j.Verdict })...)
	j.Breaches = f.breaches(ways)
	return j
}

// harmless says that no way in was seen, for whichever reason.
func harmless(v signet.Verdict) bool { return v == signet.Guarded || v == signet.Unseen }

// breaches lists the rules that are broken, each once, at its first path.
func (f *Facts) breaches(ways []way) []check.Breach {
	var list []check.Breach
	for i := range ways {
		rule := ways[i].rule
		if rule == "" || broken(list, rule) {
			continue
		}
		list = append(list, check.Breach{Rule: rule, Where: f.Paths[i].shown(),
			Because: f.because(ways, func(w way) bool { return w.rule == rule })})
	}
	if b, ok := f.basic(); ok {
		list = append(list, b)
	}
	return list
}

func broken(list []check.Breach, rule string) bool {
	return slices.ContainsFunc(list, func(b check.Breach) bool { return b.Rule == rule })
}

// because gives each reason once, with the paths that it holds for.
func (f *Facts) because(ways []way, of func(way) bool) []string {
	var list []string
	for i := range ways {
		if ways[i].text == "" || !of(ways[i]) || slices.ContainsFunc(ways[:i], func(w way) bool { return of(w) && w.text == ways[i].text }) {
			continue
		}
		var paths []string
		for k := i; k < len(ways); k++ {
			if of(ways[k]) && ways[k].text == ways[i].text {
				paths = once(paths, f.Paths[k].shown())
			}
		}
		list = append(list, few(paths)+": "+ways[i].text)
	}
	return list
}

// shown is the path in words: in a capture its request may be missing.
func (p *Path) shown() string {
	if p.Path == "" {
		return "a page whose request was not heard"
	}
	if p.Host != "" {
		return p.Path + " of " + p.Host
	}
	return p.Path
}

// once adds a path that the list does not have: what was asked by two methods is one page.
func once(paths []string, path string) []string {
	if slices.Contains(paths, path) {
		return paths
	}
	return append(paths, path)
}

// few joins paths, the first ones alone when they are many.
func few(paths []string) string {
	const most = 3
	if len(paths) > most+1 {
		return strings.Join(paths[:most], ", ") + fmt.Sprintf(" and %d more", len(paths)-most)
	}
	return strings.Join(paths, ", ")
}

// basic is the finding that passwords are asked for in clear text.
func (f *Facts) basic() (check.Breach, bool) {
	var paths []string
	for i := range f.Paths {
		if f.TLS == nil && offers(&f.Paths[i], "Basic") {
			paths = once(paths, f.Paths[i].shown())
		}
	}
	if paths == nil {
		return check.Breach{}, false
	}
	return check.Breach{Rule: ruleBasic, Where: paths[0],
		Because: []string{few(paths) + ": the server offers Basic over an unencrypted connection"}}, true
}

// way judges one path.
func (f *Facts) way(p *Path) way {
	if p.Role == absent {
		return way{verdict: signet.Unseen} // asked to compare others with
	}
	switch p.NTLM {
	case OfferProven:
		switch {
		case p.Role == "winrm":
			return f.winrm(p)
		case f.TLS == nil && p.Path == "" && (f.Server == "" || strings.HasPrefix(f.Server, "Microsoft-HTTPAPI")):
			return way{text: "the server answers NTLM with a challenge over plain HTTP, on a page whose request is not in the capture; " +
				"WinRM has protections of its own"}
		case f.TLS == nil && f.everywhere(p):
			return way{signet.Exposed, plainRule(""), "the server answers NTLM with a challenge over plain HTTP, as on every path here, " +
				"so its service is unknown"}
		case f.TLS == nil:
			return way{signet.Exposed, plainRule(p.Role), "the server answers NTLM with a challenge over plain HTTP, where nothing binds the logon to its connection"}
		}
		return f.bound(p)
	case OfferAnnounced:
		if !p.Sent {
			return way{text: "the server announces NTLM, and no answer to an NTLM message was seen"}
		}
		return way{text: "the server announces NTLM, yet sent no challenge to an NTLM message"}
	case OfferNo:
		if wantsLogon(p) || len(p.Schemes) > 0 {
			return way{verdict: signet.Guarded, text: refuted(p)}
		}
		return way{verdict: signet.Unseen, text: open(p)}
	}
	text := "the answers do not show whether the server takes NTLM"
	if p.Note != "" {
		text += ": " + p.Note
	}
	return way{text: text}
}

// everywhere says that a path that cannot exist wants the same logon as this one: then a role's path proves nothing of the
// role. Where no such path was asked, "/" stands for it.
func (f *Facts) everywhere(p *Path) bool {
	if p.Path == "/" {
		return false
	}
	var like *Path
	for i := range f.Paths {
		switch q := &f.Paths[i]; {
		case q.Role == absent && q.Status != 0:
			return p.asks(q)
		case q.Path == "/" && q.Method == "" && like == nil:
			like = q
		}
	}
	return like != nil && p.asks(like)
}

// asks says that two paths want the same logon of the same server: a proxy wants its own whatever is asked.
func (p *Path) asks(q *Path) bool {
	return q.Status == p.Status && q.Status != 407 && (q.Status == 401 || len(q.Schemes) > 0) && slices.Equal(q.Schemes, p.Schemes)
}

// bound judges NTLM inside TLS, by Extended Protection.
func (f *Facts) bound(p *Path) way {
	const says = "the server takes NTLM over TLS"
	switch p.EPA {
	case signet.Off:
		return way{signet.Exposed, "http-epa-off", says + " and asks for no channel binding"}
	case signet.Optional:
		return way{signet.Exposed, "http-epa-optional", says + " and checks a channel binding only where one is sent: NTLMv1 and clients without bindings get in"}
	case signet.Required:
		return way{verdict: signet.Guarded, text: says + " and requires a channel binding"}
	}
	rule := "http-ntlm-epa-unknown"
	if adcs(p.Role) && !f.everywhere(p) {
		rule = "adcs-ntlm-epa-unknown"
	}
	return way{rule: rule, text: says + "; only a logon with an account shows its Extended Protection (" + f.hint(p.Role) + ")"}
}

// winrm has protections of its own that cannot be seen without a logon.
func (f *Facts) winrm(p *Path) way {
	if f.TLS == nil {
		return way{rule: "winrm-http-encryption-unknown", text: "the server takes NTLM over plain HTTP; only a logon with an account shows whether " +
			"message encryption stops a relay (hint: AllowUnencrypted is false by default)"}
	}
	if p.EPA == signet.Unknown {
		return way{rule: "winrm-https-binding-unknown", text: "the server takes NTLM over TLS; only a logon with an account shows its channel binding level " +
			"(hint: CbtHardeningLevel is Relaxed by default, which lets NTLMv1 and clients without bindings in)"}
	}
	return f.bound(p)
}

// hint names the product's default, which is no verdict.
func (f *Facts) hint(role string) string {
	build := ""
	if f.NTLM != nil {
		build = f.NTLM.OSVersion
	}
	switch {
	case role == "exchange":
		return "hint: on by default since Exchange 2019 CU14, off before; AutoDiscover stays without it"
	case role == "adfs":
		return "hint: AD FS allows it by default, unverified"
	case adcs(role) && strings.HasSuffix(build, ".26100"):
		return "hint: Server 2025 checks it for AD CS where the client supports it; build 26100 is that or Windows 11"
	case adcs(role):
		return "hint: off by default in AD CS up to Server 2022"
	}
	return "hint: off by default in IIS"
}

// refuted words why a path that asks for a logon is no way in. That an NTLM message brought nothing is said only where
// one was sent.
func refuted(p *Path) string {
	text := fmt.Sprintf("the server answers %d without a challenge", p.Status)
	switch {
	case p.Negotiate == NegotiateKerberosOnly:
		return "the server takes Kerberos alone inside Negotiate"
	case len(p.Schemes) > 0:
		text = "the server offers " + strings.Join(p.Schemes, ", ")
	}
	if p.Sent {
		return text + ", and it sent no challenge to an NTLM message"
	}
	return text + ", and it takes no NTLM"
}

// open words what a path is that asks for no logon.
func open(p *Path) string {
	text := fmt.Sprintf("the server answers %d and asks for no logon", p.Status)
	switch {
	case p.Status == 404 || p.Status == 410:
		text = "the server has no such page"
	case p.Status >= 300 && p.Status < 400:
		text = "the server redirects and asks for no logon"
	}
	if p.Sent {
		text += "; it sent no challenge to an NTLM message"
	}
	return text
}

// nobodyHome recognises http.sys without a site for the name that was asked for: what stands behind another name was
// not asked.
func (f *Facts) nobodyHome() bool {
	if !strings.Contains(strings.ToLower(f.Server), "microsoft-httpapi") {
		return false
	}
	return !slices.ContainsFunc(f.Paths, func(p Path) bool { return p.Status != 404 && p.Status != 400 })
}

func offers(p *Path, scheme string) bool {
	return slices.ContainsFunc(p.Schemes, func(s string) bool { return strings.EqualFold(s, scheme) })
}

func adcs(role string) bool { return strings.HasPrefix(role, "adcs-") }
