package mail

import (
	"strings"

	"signet/internal/check"
)

// identify says what a mail server shows of its host.
func identify(f *Facts) check.Identity {
	var id check.Identity
	id.AddNTLM(f.NTLM)
	id.AddTLS(f.Session)
	if f.Protocol == "" {
		return id
	}
	id.AddRole(check.RoleMailServer, true, "it answers "+strings.ToUpper(f.Protocol))
	if len(f.Exchange) > 0 || strings.Contains(f.Greeting, "Microsoft ESMTP MAIL Service") {
		id.AddRole(check.RoleExchange, len(f.Exchange) > 0, "it speaks SMTP as Exchange does")
	}
	return id
}
