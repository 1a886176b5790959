package nmap

import (
	"cmp"

	"signet"
	"signet/internal/check"
	"signet/internal/report"
	"signet/internal/text"
)

// service is the element that names the service at an endpoint: probed with certainty where the check had its answer, from
// the table of ports where it had none.
func service(l *report.Line, words *check.Nmap) string {
	name := words.Service
	switch l.Outcome {
	case signet.Answered:
		return serviceElement(name, text.Either(words.TLS, "ssl", ""), "probed", "10")
	case signet.Foreign:
		name = ""
	}
	return fromTable(name)
}

// fromTable is the element of a service that nobody asked; an empty name is one that is not known.
func fromTable(name string) string { return serviceElement(name, "", "table", "3") }

func serviceElement(name, tunnel, method, confidence string) string {
	return string(report.XMLAttributes([]byte("<service"), "name", cmp.Or(name, "unknown"), "tunnel", tunnel, "method", method, "conf", confidence)) + "/>"
}

// words is what nmap would say of an endpoint that a check asked. Facts that cannot be read, as another version may have
// stored them, say nothing; nor does a check of another version.
func (d *document) words(name string, port uint16, facts signet.Facts) check.Nmap {
	for i := range d.checks {
		if c := &d.checks[i]; c.Name == name && c.Nmap != nil {
			said, _ := c.Nmap(port, facts) // the judge reports it
			return said
		}
	}
	return check.Nmap{}
}
