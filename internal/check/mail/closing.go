package mail

import (
	"signet"
	"signet/internal/check"
)

// withoutTLS says who was overheard to log on with NTLM in the clear.
func withoutTLS() check.Breaks {
	return check.Breaks{Client: func(c *signet.Client) (check.Standing, string) {
		if c.Check == Name && c.Logon == "ntlm" {
			return check.WouldFail, "it logs on to mail with NTLM without TLS" + check.LoggedOnTo(c)
		}
		return check.NotKnown, ""
	}}
}
