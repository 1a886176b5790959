package run

import (
	"strconv"
	"time"
)

// Until an order was data of its own, a run kept the flags of signet scan that were given, as text. Such runs are still
// gone on with and compared.

// oldFlags are the flags of that time and where each goes. One that is not here decided nothing of what was asked.
func oldFlags(o *Order) map[string]func([]string) error {
	list := func(to *[]string) func([]string) error {
		return func(v []string) error { *to = v; return nil }
	}
	text := func(to *string) func([]string) error {
		return func(v []string) error { *to = v[0]; return nil }
	}
	yes := func(to *bool) func([]string) error {
		return func(v []string) (err error) { *to, err = strconv.ParseBool(v[0]); return err }
	}
	number := func(to *int) func([]string) error {
		return func(v []string) (err error) { *to, err = strconv.Atoi(v[0]); return err }
	}
	wait := func(to *Duration) func([]string) error {
		return func(v []string) error {
			d, err := time.ParseDuration(v[0])
			*to = Duration(d)
			return err
		}
	}
	return map[string]func([]string) error{
		"file": list(&o.Files), "exclude": list(&o.Exclude), "exclude-file": list(&o.ExcludeFiles), "domain": text(&o.Domain),
		"checks": list(&o.Checks), "ports": list(&o.Ports), "depth": text(&o.Depth),
		"quick": yes(&o.Quick), "deep": yes(&o.Deep), "no-smb1": yes(&o.NoSMB1),
		"http-paths": list(&o.HTTPPaths), "http-thorough": yes(&o.HTTPThorough), "ca-name": list(&o.CANames),
		"discover": text(&o.Discover), "in-flight": number(&o.InFlight), "retries": number(&o.Retries),
		"timeout": wait(&o.Timeout), "host-timeout": wait(&o.HostTimeout),
		"rate": func(v []string) (err error) { o.Rate, err = strconv.ParseFloat(v[0], 64); return err },
	}
}

// setFlags sets what flags say.
func (o *Order) setFlags(flags map[string][]string) error {
	set := oldFlags(o)
	for name, values := range flags {
		if to := set[name]; to != nil && len(values) > 0 {
			if err := to(values); err != nil {
				return err
			}
		}
	}
	return nil
}
