package cli

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"signet/internal/desk"
	"signet/internal/sso"
	"signet/internal/web"
	"signet/internal/web/signon"
)

// ssoFlags are the flags of single sign-on.
type ssoFlags struct {
	sso.Config
	secretFile string
	groups     []string // GROUP=ROLE[:SITE,…]
	local      string   // on, off
}

// variables that hold secrets, which no flag does.
const (
	smtpPasswordVariable = "SIGNET_SMTP_PASSWORD"
	oidcSecretVariable   = "SIGNET_OIDC_CLIENT_SECRET"
)

func (f *ssoFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.Issuer, "oidc-issuer", "", "let people log on by the OpenID Connect provider of `URL`")
	fl.StringVar(&f.ClientID, "oidc-client-id", "", "`ID` of this server there (its secret is SIGNET_OIDC_CLIENT_SECRET, or --oidc-client-secret-file; a public client has none)")
	fl.StringVar(&f.secretFile, "oidc-client-secret-file", "", "`FILE` with the secret of this server there")
	fl.StringArrayVar(&f.groups, "oidc-group", nil, "give a group of the provider a role, everywhere or at some sites: `GROUP=ROLE[:SITE,SITE]`; repeatable, and several add up. Nobody else gets in")
	fl.StringVar(&f.Groups, "oidc-groups-claim", "groups", "`CLAIM` that names somebody's groups")
	fl.StringSliceVar(&f.Scopes, "oidc-scopes", nil, "ask for `SCOPES` besides openid (default profile, email, and offline_access where the provider lists it)")
	fl.StringVar(&f.local, "local-login", "on", "`on`, or off: nobody logs on with a password")
}

// singleSignOn is what the flags make of it; nil: there is none.
type singleSignOn struct {
	client  *sso.Client
	grants  []signon.Grant
	noLocal bool
}

// read tells what the flags say.
func (f *ssoFlags) read(env map[string]string) (*singleSignOn, error) {
	if f.local != "on" && f.local != "off" {
		return nil, usage("--local-login %q: want on or off", f.local)
	}
	if f.Issuer == "" {
		switch {
		case f.local == "off":
			return nil, usage("--local-login off: without --oidc-issuer nobody could log on")
		case f.ClientID != "" || f.secretFile != "" || len(f.groups) > 0 || len(f.Scopes) > 0:
			return nil, usage("--oidc-issuer is missing: the other flags of single sign-on say nothing without it")
		}
		return nil, nil
	}
	f.Secret = env[oidcSecretVariable]
	if f.secretFile != "" {
		b, err := os.ReadFile(f.secretFile)
		if err != nil {
			return nil, usage("--oidc-client-secret-file: %v", err)
		}
		if f.Secret = strings.TrimRight(string(b), "\r\n"); f.Secret == "" {
			return nil, usage("--oidc-client-secret-file: it is empty")
		}
	}
	out := &singleSignOn{noLocal: f.local == "off"}
	for _, s := range f.groups {
		g, err := signon.ParseGrant(s)
		if err != nil {
			return nil, usage("--oidc-group: %v", err)
		}
		out.grants = append(out.grants, g)
	}
	if len(out.grants) == 0 {
		return nil, usage("--oidc-group is missing: without one nobody of the provider gets in (say --oidc-group admins=admin)")
	}
	var err error
	if out.client, err = sso.New(f.Config); err != nil {
		if c, ok := errors.AsType[*sso.ConfigError](err); ok {
			return nil, usage("--oidc-%s: %s", c.Field, c.Text)
		}
		return nil, trouble("%v", err)
	}
	return out, nil
}

// configure tells the desk who logs on.
func (s *singleSignOn) configure(c *desk.Config) {
	if s != nil {
		c.Issuer, c.NoLocal = s.client.Issuer(), s.noLocal
	}
}

// on is what answers below /oidc/ and renews sessions.
func (s *singleSignOn) on(d *desk.Desk, c *desk.Config, tell func(string)) *signon.SignOn {
	if s == nil {
		return nil
	}
	return signon.New(signon.Config{Desk: d, Client: s.client, Grants: s.grants, Sealer: c.Sealer, Trouble: tell})
}

// gated lets it begin sessions by a server's gate.
func gated(on *signon.SignOn) func(*web.Gate) web.Handler {
	if on == nil {
		return nil
	}
	return func(g *web.Gate) web.Handler {
		on.Old, on.Begin = g.Secret, g.Begin
		return on
	}
}
