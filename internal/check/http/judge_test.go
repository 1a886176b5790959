package http

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
)

func secure() *signet.TLS { return &signet.TLS{Version: "1.3", Names: []string{}} }

func TestJudge(t *testing.T) {
	root := Path{Path: "/", Status: 200, NTLM: OfferNo}
	proven := func(path, role string, epa signet.Level) Path {
		return Path{Path: path, Role: role, Status: 401, Schemes: []string{"Negotiate", "NTLM"}, NTLM: OfferProven, Negotiate: NegotiateAcceptsNTLM, EPA: epa}
	}
	tests := []struct {
		name    string
		facts   Facts
		want    signet.Verdict
		rules   []string
		because string // part of the first reason
	}{
		{"nothing", Facts{}, signet.Undetermined, nil, "no path"},
		{"anonymous", Facts{Paths: []Path{root, {Path: "/certsrv/", Status: 404, NTLM: OfferNo}}}, signet.Unseen, nil, "2 asked"},
		{"anonymous, one path", Facts{Paths: []Path{root}}, signet.Undetermined, nil, "answers 200"},
		{"plain HTTP, AD CS", Facts{Paths: []Path{root, proven("/certsrv/", "adcs-web-enrolment", 0)}}, signet.Exposed, []string{"adcs-web-enrollment-ntlm-http"}, "challenge over plain HTTP"},
		{"plain HTTP, CES", Facts{Paths: []Path{root, proven("/x_CES_Kerberos/service.svc", "adcs-ces", 0)}}, signet.Exposed, []string{"adcs-web-enrollment-ntlm-http"}, ""},
		{"plain HTTP, NDES", Facts{Paths: []Path{root, proven("/certsrv/mscep_admin/", "adcs-ndes", 0)}}, signet.Exposed, []string{"adcs-ndes-ntlm-http"}, ""},
		{"plain HTTP, CEP", Facts{Paths: []Path{root, proven("/ADPolicyProvider_CEP_Kerberos/service.svc", "adcs-cep", 0)}}, signet.Exposed, []string{"adcs-cep-ntlm-http"}, ""},
		{"plain HTTP, Exchange", Facts{Paths: []Path{root, proven("/ews/exchange.asmx", "exchange", 0)}}, signet.Exposed, []string{"exchange-ntlm-http"}, ""},
		{"plain HTTP, MECM", Facts{Paths: []Path{root, proven("/ccm_system_windowsauth/request", "mecm", 0)}}, signet.Exposed, []string{"mecm-ntlm-http"}, ""},
		{"plain HTTP, WSUS", Facts{Paths: []Path{root, proven("/ApiRemoting30/WebService.asmx", "wsus", 0)}}, signet.Exposed, []string{"wsus-ntlm-http"}, ""},
		{"plain HTTP, any page", Facts{Paths: []Path{proven("/", "", 0)}}, signet.Exposed, []string{"http-ntlm-plain"}, ""},
		{"plain HTTP, Extended Protection changes nothing", Facts{Paths: []Path{proven("/", "", signet.Required)}}, signet.Exposed, []string{"http-ntlm-plain"}, ""},
		{"every path wants the same logon: no CA shows", Facts{Paths: []Path{proven("/", "", 0), proven("/certsrv/", "adcs-web-enrolment", 0)}}, signet.Exposed, []string{"http-ntlm-plain"}, ""},
		{"the same over TLS", Facts{TLS: secure(), Paths: []Path{proven("/", "", 0), proven("/certsrv/", "adcs-web-enrolment", 0)}}, signet.Undetermined, []string{"http-ntlm-epa-unknown"}, ""},
		{"proxy", Facts{Paths: []Path{{Path: "http://signet.invalid/", Role: "http-proxy", Status: 407, NTLM: OfferProven}}}, signet.Exposed, []string{"proxy-ntlm"}, ""},
		{"TLS, no credential", Facts{TLS: secure(), Paths: []Path{root, proven("/x", "", 0)}}, signet.Undetermined, []string{"http-ntlm-epa-unknown"}, "hint: off by default in IIS"},
		{"TLS, AD CS", Facts{TLS: secure(), Paths: []Path{root, proven("/certsrv/", "adcs-web-enrolment", 0)}}, signet.Undetermined, []string{"adcs-ntlm-epa-unknown"}, "up to Server 2022"},
		{"TLS, AD CS of 26100", Facts{TLS: secure(), NTLM: &signet.NTLM{OSVersion: "10.0.26100"}, Paths: []Path{root, proven("/certsrv/", "adcs-web-enrolment", 0)}}, signet.Undetermined, []string{"adcs-ntlm-epa-unknown"}, "Server 2025"},
		{"TLS, Exchange", Facts{TLS: secure(), Paths: []Path{root, proven("/ews/exchange.asmx", "exchange", 0)}}, signet.Undetermined, []string{"http-ntlm-epa-unknown"}, "CU14"},
		{"TLS, measured none", Facts{TLS: secure(), Paths: []Path{root, proven("/x", "", signet.Off)}}, signet.Exposed, []string{"http-epa-off"}, ""},
		{"TLS, measured allow", Facts{TLS: secure(), Paths: []Path{root, proven("/x", "", signet.Optional)}}, signet.Exposed, []string{"http-epa-optional"}, "NTLMv1"},
		{"TLS, measured required", Facts{TLS: secure(), Paths: []Path{root, proven("/x", "", signet.Required)}}, signet.Guarded, nil, "2 asked"},
		{"the server announces NTLM", Facts{Paths: []Path{root, {Path: "/x", Status: 401, Schemes: []string{"NTLM"}, NTLM: OfferAnnounced}}}, signet.Undetermined, nil, "the server announces NTLM"},
		{"unknown", Facts{Paths: []Path{root, {Path: "/x", Status: 401, Note: "why"}}}, signet.Undetermined, nil, "why"},
		{"unknown beside exposed", Facts{Paths: []Path{{Path: "/x", Status: 401}, proven("/y", "", 0)}}, signet.Exposed, []string{"http-ntlm-plain"}, "/y"},
		{"Kerberos alone", Facts{Paths: []Path{root, {Path: "/x", Status: 401, Schemes: []string{"Negotiate"}, NTLM: OfferNo, Negotiate: NegotiateKerberosOnly}}}, signet.Guarded, nil, ""},
		{"Kerberos alone beside what nobody could tell", Facts{Paths: []Path{root, {Path: "/w", Status: 503, Note: "an error"}, {Path: "/x", Status: 401, Schemes: []string{"Negotiate"}, NTLM: OfferNo, Negotiate: NegotiateKerberosOnly}}}, signet.Undetermined, nil, "an error"},
		{"405, redirects and errors of the request", Facts{Paths: []Path{{Path: "/", Status: 405, NTLM: OfferNo}, {Path: "/x", Status: 308, NTLM: OfferNo}, {Path: "/y", Status: 410, NTLM: OfferNo}}}, signet.Unseen, nil, "3 asked"},
		{"refused to a message that was sent", Facts{Paths: []Path{root, {Path: "/x", Status: 401, Schemes: []string{"Digest"}, NTLM: OfferNo, Sent: true}}}, signet.Guarded, nil, "the server offers Digest, and it sent no challenge to an NTLM message"},
		{"refused, and what was sent is not told", Facts{Paths: []Path{root, {Path: "/x", Status: 401, Schemes: []string{"Digest"}, NTLM: OfferNo}}}, signet.Guarded, nil, "the server offers Digest, and it takes no NTLM"},
		{"announced, and nothing was sent", Facts{Paths: []Path{root, {Path: "/x", Status: 401, Schemes: []string{"NTLM"}, NTLM: OfferAnnounced}}}, signet.Undetermined, nil, "no answer to an NTLM message was seen"},
		{"announced, and sent for nothing", Facts{Paths: []Path{root, {Path: "/x", Status: 401, Schemes: []string{"NTLM"}, NTLM: OfferAnnounced, Sent: true}}}, signet.Undetermined, nil, "sent no challenge"},
		{"an offer under 200 that refuses NTLM", Facts{Paths: []Path{root, {Path: "/x", Status: 200, Schemes: []string{"Basic"}, NTLM: OfferNo, Sent: true}}}, signet.Guarded, []string{"http-basic-plain"}, "sent no challenge"},
		{"Basic over plain HTTP", Facts{Paths: []Path{root, {Path: "/x", Status: 401, Schemes: []string{"basic"}, NTLM: OfferNo}}}, signet.Guarded, []string{"http-basic-plain"}, ""},
		{"Basic over TLS", Facts{TLS: secure(), Paths: []Path{root, {Path: "/x", Status: 401, Schemes: []string{"Basic"}, NTLM: OfferNo}}}, signet.Guarded, nil, ""},
		{"Basic at the only path", Facts{Paths: []Path{{Path: "/", Status: 401, Schemes: []string{"Basic"}, NTLM: OfferNo}}}, signet.Undetermined, []string{"http-basic-plain"}, ""},
		{"WinRM, HTTP", Facts{Paths: []Path{proven("/wsman", "winrm", 0)}}, signet.Undetermined, []string{"winrm-http-encryption-unknown"}, "AllowUnencrypted"},
		{"plain HTTP, a page that was not heard to be asked for", Facts{Server: "Microsoft-IIS/10.0", Paths: []Path{proven("", "", 0)}}, signet.Exposed, []string{"http-ntlm-plain"}, ""},
		{"plain HTTP, such a page that may be WinRM", Facts{Server: "Microsoft-HTTPAPI/2.0", Paths: []Path{proven("", "", 0)}}, signet.Undetermined, nil, "WinRM"},
		{"WinRM, TLS", Facts{TLS: secure(), Paths: []Path{proven("/wsman", "winrm", 0)}}, signet.Undetermined, []string{"winrm-https-binding-unknown"}, "CbtHardeningLevel"},
		{"WinRM, TLS, strict", Facts{TLS: secure(), Paths: []Path{proven("/wsman", "winrm", signet.Required)}}, signet.Guarded, nil, ""},
		{"WinRM, TLS, none", Facts{TLS: secure(), Paths: []Path{proven("/wsman", "winrm", signet.Off)}}, signet.Exposed, []string{"http-epa-off"}, ""},
		{"one page by two methods", Facts{Paths: []Path{{Path: "/a", Status: 401, Schemes: []string{"NTLM"}, NTLM: OfferAnnounced}, {Path: "/a", Method: "POST", Status: 401, Schemes: []string{"NTLM"}, NTLM: OfferAnnounced}}}, signet.Undetermined, nil, "\n/a: "},
		{"http.sys without a site", Facts{Server: "Microsoft-HTTPAPI/2.0", Paths: []Path{{Path: "/", Status: 404, NTLM: OfferNo}, {Path: "/certsrv/", Status: 404, NTLM: OfferNo}}}, signet.Undetermined, nil, "no site"},
		{"http.sys with one", Facts{Server: "Microsoft-HTTPAPI/2.0", Paths: []Path{{Path: "/", Status: 404, NTLM: OfferNo}, {Path: "/x", Status: 403, NTLM: OfferNo}}}, signet.Unseen, nil, ""},
	}
	known := map[string]bool{}
	for _, r := range rules() {
		known[r.ID] = true
	}
	broken := map[string]bool{}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j := judge(&test.facts)
			var rules []string
			for _, b := range j.Breaches {
				rules = append(rules, b.Rule)
				broken[b.Rule] = true
				if !known[b.Rule] || len(b.Because) == 0 || b.Where == "" {
					t.Errorf("breach %+v", b)
				}
			}
			if j.Verdict != test.want || !slices.Equal(rules, test.rules) {
				t.Errorf("%v %q, want %v %q", j.Verdict, rules, test.want, test.rules)
			}
			if len(j.Because) == 0 || !strings.Contains("\n"+strings.Join(j.Because, "\n"), test.because) {
				t.Errorf("because %q, want %q", j.Because, test.because)
			}
		})
	}
	for rule := range known {
		if !broken[rule] {
			t.Errorf("no row breaks %s", rule)
		}
	}
}

// The facts have the contract's names, survive a round trip, and hide nothing that a terminal would obey.
func TestFactsShape(t *testing.T) {
	f := &Facts{TLS: secure(), Server: "x\x1b[2J", NTLM: &signet.NTLM{NBComputer: "A"}, Paths: []Path{
		{Path: "/", Schemes: []string{}},
		{Path: "/wsman", Role: "winrm", Method: "POST", Status: 401, Schemes: []string{"Negotiate"}, NTLM: OfferProven, Negotiate: NegotiateAcceptsNTLM},
	}}
	got := string(f.AppendJSON(nil))
	want := `{"tls":{"version":"1.3","subject":"","issuer":"","not_after":"","self_signed":false,"names":[]},"server":"x\u001b[2J","paths":[` +
		`{"path":"/","role":"","status":0,"schemes":[],"ntlm":"unknown","epa":"unknown"},` +
		`{"path":"/wsman","role":"winrm","method":"POST","status":401,"schemes":["Negotiate"],"ntlm":"proven","negotiate":"accepts-ntlm","epa":"unknown"}],` +
		`"ntlm":{"nb_computer":"A"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	back := new(Facts)
	if err := json.Unmarshal([]byte(got), back); err != nil || !reflect.DeepEqual(f, back) {
		t.Errorf("%v\n%+v", err, back)
	}
	if err := json.Unmarshal([]byte(`{"paths":[{"ntlm":"perhaps"}]}`), back); err == nil {
		t.Error("a word that does not exist was read")
	}
	j, err := Check().Judge(signet.RawFacts(got))
	if err != nil || j.Verdict != signet.Undetermined {
		t.Errorf("stored facts: %v, %v", j, err)
	}
	if j, err := Check().Judge(f); err != nil || !reflect.DeepEqual(j, judge(f)) {
		t.Errorf("typed facts: %v", err)
	}
	var _ check.Check = Check()
}
