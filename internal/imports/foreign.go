package imports

import (
	"bytes"
	"regexp"
	"strings"
)

// foreign is a kind of file that is known and not read.
type foreign struct {
	seems string // "it seems to be …"
	wants string // what of the same would be read
	whole bool   // nothing else can stand in such a file
}

const readable = "a capture (pcap, pcapng), XML of nmap or what it prints, JSON lines of zgrab2, JSON of masscan, a database of NetExec, or JSON lines of Signet"

// Seems says what a file that is not read seems to be, and what would be read; "" where it is of no kind that is known.
func Seems(head []byte) string {
	f := foreignTo(head)
	if !packed(head) {
		f = foreignTo(beginning(head))
	}
	if f.seems == "" {
		return ""
	}
	if f.wants == "" {
		f.wants = "what is read is " + readable
	}
	return "it seems to be " + f.seems + ", which is not read: " + f.wants
}

const (
	wantsNmap    = "give nmap's XML (-oX), or what it prints (-oN)"
	wantsMasscan = "give masscan's JSON (-oJ)"
	wantsNetExec = "give the folder of NetExec's workspace, or its database (smb.db)"
	wantsUnpack  = "unpack it first"
	wantsOwn     = "give Signet's JSON lines (-o jsonl)"
)

// magic are files that are no text, by their first bytes.
func magic() []struct{ begins, seems, wants string } {
	return []struct{ begins, seems, wants string }{
		{"PK\x03\x04", "a zip archive (or a document of an office program)", wantsUnpack},
		{"\x1f\x8b", "packed twice", wantsUnpack},
		{"\x28\xb5\x2f\xfd", "packed twice", wantsUnpack},
		{"BZh", "packed with bzip2", wantsUnpack},
		{"\xfd7zXZ\x00", "packed with xz", wantsUnpack},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", wantsUnpack},
		{"Rar!", "a RAR archive", wantsUnpack},
		{"%PDF-", "a PDF document", ""},
		{"ElfFile\x00", "an event log of Windows", ""},
		{"regf", "a registry hive of Windows", ""},
		{"\x7fELF", "a program", ""},
		{"MZ\x90\x00", "a program", ""},
		{"\x89PNG", "a picture", ""},
		{"\xff\xd8\xff", "a picture", ""},
		{"{\\rtf", "a document of a word processor", ""},
	}
}

// roots are XML and HTML of others, by what stands among their first elements.
func roots() []struct{ holds, seems, wants string } {
	return []struct{ holds, seems, wants string }{
		{"<NessusClientData", "a result of Nessus", ""},
		{"<report ", "XML of OpenVAS", ""},
		{"<get_reports_response", "XML of OpenVAS", ""},
		{"<HealthcheckData", "a report of PingCastle", ""},
		{"<pdml", "a capture as Wireshark exports it", "give the capture itself"},
		{"<psml", "a capture as Wireshark exports it", "give the capture itself"},
		{"<Events", "an event log of Windows as XML", ""},
		{"<Event ", "an event log of Windows as XML", ""},
		{"<Rsop", "a report of gpresult", ""},
		{"<issues", "XML of Burp", ""},
		{"<html", "a web page", ""},
		{"<!doctype html", "a web page", ""},
		{"<HTML", "a web page", ""},
		{"<!DOCTYPE html", "a web page", ""},
		{"<!DOCTYPE HTML", "a web page", ""},
	}
}

// texts are lists and logs of others, by a line of them.
func texts() []struct {
	line         string
	seems, wants string
	whole        bool
} {
	return []struct {
		line         string
		seems, wants string
		whole        bool
	}{
		{`(?m)^Host: \S+ \([^)]*\)\s+(?:Status|Ports|Protocols): `, "grepable output of nmap (-oG)", wantsNmap, true},
		{`(?m)^(?:Timestamp: \d+\s+)?Host: \S+ \([^)]*\)\s+Ports: `, "grepable output of masscan (-oG)", wantsMasscan, true},
		{`(?m)^# Masscan `, "grepable output of masscan (-oG)", wantsMasscan, true},
		{`(?m)^#masscan|^(?:open|closed|banner) (?:tcp|udp|sctp|icmp) \d+ \S+`, "a list of masscan (-oL)", wantsMasscan, true},
		{`(?m)^Discovered open port \d+/(?:tcp|udp) on [0-9a-fA-F.:]+\s*$`, "what masscan prints", wantsMasscan, false},
		{`(?m)(?:^|[\]\s])(?:SMB|LDAPS?|MSSQL|WINRM|RDP|WMI|SSH|FTP|NFS|VNC)\s+\S+\s+\d{1,5}\s+\S+\s+\[[*+\-!]\]`, "a log of NetExec or CrackMapExec", wantsNetExec, false},
		{`(?m)^Open \S+:\d+\s*$|^[0-9a-fA-F.:]+ -> \[\d`, "what RustScan prints", "give nmap's part of it, or nmap's XML (-- -oX FILE)", false},
		{`(?i)certipy v\d|^Certificate Authorities$`, "what Certipy prints", "", false},
		{`(?i)RelayKing`, "what RelayKing prints", "", false},
		{`(?im)Shodan (?:search|host)`, "what Shodan's client prints", "", false},
		{`(?m)^(?:ip|saddr)(?:,[a-z_]+)+$`, "CSV of ZMap", "", false},
		{`(?m)^"?Plugin ID"?,`, "CSV of Nessus", "", true},
		{`(?m)^#separator \\x09`, "a log of Zeek", "", true},
		{`(?m)^kind,|^address,port,transport,`, "CSV of Signet", wantsOwn, true},
		{`(?m)^\[\*\] (?:Servers started, waiting for connections|Protocol Client .* loaded)`, "a log of ntlmrelayx", "", false},
		{`(?im)\[Responder|NBT-NS, LLMNR & MDNS Responder`, "a log of Responder", "", false},
	}
}

// keyed are JSON of others, by keys of their objects.
func keyed() []struct {
	keys, seems, wants string
} {
	return []struct{ keys, seems, wants string }{
		{"_shodan", "a result of Shodan", ""},
		{"ip_str", "a result of Shodan", ""},
		{"autonomous_system", "a result of Censys", ""},
		{"services ip", "a result of Censys", ""},
		{"protocols ip", "a result of Censys", ""},
		{"location_updated_at", "a result of Censys", ""},
		{"template-id", "a result of nuclei", ""},
		{"templateID", "a result of nuclei", ""},
		{"webserver", "a result of httpx", ""},
		{"status_code url", "a result of httpx", ""},
		{"tls_version host", "a result of tlsx", ""},
		{"probe_status", "a result of tlsx or httpx", ""},
		{"ip port", "a result of naabu", ""},
		{"host port", "a result of naabu", ""},
		{"host ports", "a result of RustScan", "give nmap's part of it, or nmap's XML (-- -oX FILE)"},
		{"ports ip", "a list of open ports of no kind that is known", wantsMasscan},
		{"meta data", "a collection of BloodHound", ""},
		{"graph", "a graph of BloodHound", ""},
		{"Certificate Authorities", "a result of Certipy", ""},
		{"Certificate Templates", "a result of Certipy", ""},
		{"event_type", "a log of Suricata", ""},
		{"id.orig_h", "a log of Zeek", ""},
		{"_source", "a capture as Wireshark or Elasticsearch exports it", "give the capture itself"},
		{"apiVersion", "a manifest of Kubernetes", ""},
		{"class_uid", "OCSF", wantsOwn},
		{"runs $schema", "SARIF", wantsOwn},
		{"schema run", "JSON of Signet (-o json)", wantsOwn},
		{"endpoints run", "JSON of Signet (-o json)", wantsOwn},
		{"relay_paths", "a result of RelayKing", ""},
		{"targets scan_info", "a result of RelayKing", ""},
	}
}

// packed tells that the bytes are an archive, or of a kind that is no text.
func packed(head []byte) bool {
	for _, m := range magic() {
		if bytes.HasPrefix(head, []byte(m.begins)) {
			return true
		}
	}
	return tar(head)
}

func tar(head []byte) bool { return len(head) > 262 && string(head[257:262]) == "ustar" }

// foreignTo looks at the first text of a file.
func foreignTo(head []byte) foreign {
	for _, m := range magic() {
		if bytes.HasPrefix(head, []byte(m.begins)) {
			return foreign{m.seems, m.wants, true}
		}
	}
	if tar(head) {
		return foreign{"a tar archive", wantsUnpack, true}
	}
	if bytes.HasPrefix(head, []byte("<")) {
		for _, r := range roots() {
			if bytes.Contains(head[:min(len(head), 2<<10)], []byte(r.holds)) {
				return foreign{r.seems, r.wants, r.seems != "a web page"}
			}
		}
		return foreign{"XML or a web page of no kind that is known", "", false}
	}
	if bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("[")) {
		if f := foreignJSON(head); f.seems != "" {
			return f
		}
	}
	for _, t := range texts() {
		if regexp.MustCompile(t.line).Match(head) {
			return foreign{t.seems, t.wants, t.whole}
		}
	}
	return foreign{}
}

// foreignJSON tells whose JSON it is, by the keys of its first objects.
func foreignJSON(head []byte) foreign {
	list := objects(head)
	for _, o := range list {
		for _, k := range keyed() {
			if o.has(k.keys) || o.has(strings.Fields(k.keys)...) {
				return foreign{k.seems, k.wants, true}
			}
		}
	}
	if len(list) > 0 {
		return foreign{"JSON of no kind that is known", "", true}
	}
	return foreign{}
}
