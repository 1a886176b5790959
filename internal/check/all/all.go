// Package all is the list of checks. A new check is one line here and nothing else anywhere.
package all

import (
	"signet/internal/check"
	"signet/internal/check/http"
	"signet/internal/check/ldap"
	"signet/internal/check/mail"
	"signet/internal/check/mssql"
	"signet/internal/check/names"
	"signet/internal/check/rdp"
	"signet/internal/check/rpc"
	"signet/internal/check/smb"
)

// Checks returns every check, in the order in which a host is asked.
func Checks() []check.Check {
	return []check.Check{
		smb.Check(),
		http.Check(),
		ldap.Check(),
		mssql.Check(),
		rdp.Check(),
		mail.Check(),
		rpc.Check(),
		names.Check(),
	}
}
