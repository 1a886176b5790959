package http

import (
	"signet"
	"signet/internal/check"
)

const ruleBasic = "http-basic-plain"

// rules lists what a web server can break. A rule of its own where the fix differs.
func rules() []check.Rule {
	plain := check.Way{To: check.ToHTTP, Guard: signet.Off}
	unseen := check.Way{To: check.ToHTTPS}
	tls := withoutTLS("ntlm", "it logs on with NTLM over plain HTTP")
	binding := check.Breaks{Client: check.ByBinding}
	return []check.Rule{
		{ID: "adcs-web-enrollment-ntlm-http", Title: "AD CS web enrolment takes NTLM over plain HTTP", Opens: plain,
			Requires: "the enrolment pages are off, take no NTLM, or require TLS with Extended Protection",
			Refers:   []string{"T1557.001", "T1649", "M1042-certificates", "M1041-certificates", "SC-8", "ms-adcs-relay", "ms-iis-epa"},
			Recipe:   protectEnrolment(), Breaks: tls},
		{ID: "adcs-ndes-ntlm-http", Title: "NDES administration takes NTLM over plain HTTP", Opens: plain,
			Requires: "/certsrv/mscep_admin/ takes no NTLM, or requires TLS with Extended Protection",
			Refers:   []string{"T1557.001", "T1649", "M1042-certificates", "M1041-certificates", "SC-8", "ms-adcs-relay", "ms-iis-epa"},
			Recipe:   protectNDES(), Breaks: tls},
		{ID: "adcs-cep-ntlm-http", Title: "AD CS policy service takes NTLM over plain HTTP", Opens: plain,
			Requires: "the enrolment policy service takes no NTLM, or requires TLS with Extended Protection",
			Refers:   []string{"T1557.001", "M1042-certificates", "M1041-certificates", "SC-8", "ms-adcs-relay", "ms-iis-epa"},
			Recipe:   protectCEP(), Breaks: tls},
		{ID: "adcs-ntlm-epa-unknown", Title: "AD CS takes NTLM over TLS, Extended Protection unknown", Opens: unseen,
			Requires: "the server takes no NTLM, or requires Extended Protection",
			Refers:   []string{"T1557.001", "T1649", "M1041-certificates", "SC-8", "ms-adcs-relay", "ms-iis-epa"},
			Recipe:   protectEnrolment(), Breaks: binding},
		{ID: "exchange-ntlm-http", Title: "Exchange takes NTLM over plain HTTP", Opens: plain,
			Requires: "Exchange requires TLS with Extended Protection",
			Refers:   []string{"T1557.001", "M1041-web", "SC-8", "ms-exchange-epa", "ms-exchange-script"},
			Breaks:   tls},
		{ID: "mecm-ntlm-http", Title: "Configuration Manager takes NTLM over plain HTTP", Opens: plain,
			Requires: "site systems require TLS with Extended Protection where they take NTLM",
			Refers:   []string{"T1557.001", "M1041-web", "SC-8", "ms-iis-epa"},
			Breaks:   tls},
		{ID: "wsus-ntlm-http", Title: "WSUS takes NTLM over plain HTTP", Opens: plain,
			Requires: "WSUS requires TLS with Extended Protection for its administration pages",
			Refers:   []string{"T1557.001", "M1041-web", "SC-8", "ms-iis-epa"},
			Breaks:   tls},
		{ID: "http-ntlm-plain", Title: "A web page takes NTLM over plain HTTP", Opens: plain,
			Requires: "the server requires TLS with Extended Protection where it takes NTLM",
			Refers:   []string{"T1557.001", "M1041-web", "SC-8", "ms-iis-epa"},
			Breaks:   tls},
		{ID: "http-ntlm-epa-unknown", Title: "NTLM over TLS, Extended Protection unknown", Opens: unseen,
			Requires: "the server takes no NTLM, or requires Extended Protection",
			Refers:   []string{"T1557.001", "SC-8", "ms-iis-epa"},
			Breaks:   binding},
		{ID: "http-epa-off", Title: "NTLM over TLS without Extended Protection", Opens: check.Way{To: check.ToHTTPS, Guard: signet.Off},
			Requires: "the server requires Extended Protection",
			Refers:   []string{"T1557.001", "SC-8", "ms-iis-epa"},
			Breaks:   binding},
		{ID: "http-epa-optional", Title: "Extended Protection is optional", Opens: check.Way{To: check.ToHTTPS, Guard: signet.Optional},
			Requires: "the server requires Extended Protection, also of clients that send no binding",
			Refers:   []string{"T1557.001", "SC-8", "ms-iis-epa"},
			Breaks:   binding},
		{ID: "winrm-http-encryption-unknown", Title: "WinRM takes NTLM over HTTP, message encryption unknown", Opens: check.Way{To: check.ToWinRM},
			Requires: "WinRM takes no NTLM, or has AllowUnencrypted at false",
			Refers:   []string{"T1557.001", "SC-8", "ms-winrm"},
			Recipe:   encryptWinRM()},
		{ID: "winrm-https-binding-unknown", Title: "WinRM takes NTLM over TLS, channel binding unknown", Opens: check.Way{To: check.ToWinRMS},
			Requires: "WinRM takes no NTLM, or has CbtHardeningLevel at Strict",
			Refers:   []string{"T1557.001", "SC-8", "ms-winrm"},
			Recipe:   bindWinRM(), Breaks: binding},
		{ID: "proxy-ntlm", Title: "A web proxy takes NTLM over plain HTTP", Opens: plain,
			Requires: "the proxy takes Kerberos alone, or requires TLS with channel binding",
			Refers:   []string{"T1557.001", "M1041-web", "SC-8"}},
		{ID: ruleBasic, Title: "Passwords are asked for over plain HTTP",
			Requires: "the server offers Basic over TLS alone",
			Refers:   []string{"T1040", "M1041-web", "SC-8"},
			Breaks:   withoutTLS("basic", "it sends a password over plain HTTP")},
	}
}

// plainRule is the rule that proven NTLM over plain HTTP breaks, by the path's role.
func plainRule(role string) string {
	switch role {
	case "adcs-web-enrolment", "adcs-ces":
		return "adcs-web-enrollment-ntlm-http"
	case "adcs-ndes":
		return "adcs-ndes-ntlm-http"
	case "adcs-cep":
		return "adcs-cep-ntlm-http"
	case "exchange":
		return "exchange-ntlm-http"
	case "mecm":
		return "mecm-ntlm-http"
	case "wsus":
		return "wsus-ntlm-http"
	case "http-proxy":
		return "proxy-ntlm"
	}
	return "http-ntlm-plain"
}
