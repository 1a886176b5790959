package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/judge"
	"signet/internal/run"
	"signet/internal/text"
)

// scanFlags are the flags of `signet scan` as typed: an order, and what is of this invocation alone.
type scanFlags struct {
	run.Order
	outputs              []string
	store, failOn, color string
	stats, resume        string
	noProgress, yes      bool
}

// scopeFlags adds what `scan` and `targets` share.
func (f *scanFlags) scopeFlags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.Files, "file", "f", nil, "read targets from `FILE` (- for standard input): one a line, nmap XML or masscan JSON")
	fl.StringArrayVar(&f.Exclude, "exclude", nil, "`TARGET` never to be asked; always wins, for redirects and DNS answers too")
	fl.StringArrayVar(&f.ExcludeFiles, "exclude-file", nil, "read exclusions from `FILE`")
	fl.StringSliceVar(&f.Checks, "checks", nil, "which `CHECKS`, separated by commas (default all that need no credential)")
	fl.StringSliceVarP(&f.Ports, "ports", "p", nil, "`PORTS` per check: smb=445,139,http=80,443,8000-8010 (default each check's own)")
	fl.Uint64Var(&f.Seed, "seed", 0, "seed of the order in which addresses are asked (0: random)")
	fl.StringVar(&f.Domain, "domain", "", "find the domain controllers of `NAME` by DNS SRV and ask every one")
}

func (f *scanFlags) register(cmd *cobra.Command) {
	f.scopeFlags(cmd)
	fl, usual := cmd.Flags(), run.NewOrder()
	fl.StringVar(&f.Discover, "discover", usual.Discover, "how to find live addresses: auto, syn or connect")
	fl.StringVar(&f.Depth, "depth", usual.Depth, "how far into an authentication a check may go: handshake, anonymous, decoy")
	fl.BoolVar(&f.Quick, "quick", false, "each check's opening exchange only")
	fl.BoolVar(&f.Deep, "deep", false, "every SMB dialect one by one")
	fl.BoolVar(&f.NoSMB1, "no-smb1", false, "do not ask for SMB 1")
	fl.StringArrayVar(&f.HTTPPaths, "http-paths", nil, "ask the paths in `FILE` too, one a line")
	fl.BoolVar(&f.HTTPThorough, "http-thorough", false, "ask every path of every role, with a type 1, whatever the server looks like")
	fl.StringArrayVar(&f.CANames, "ca-name", nil, "`NAME` of a certification authority, for the paths of its enrolment web service")
	fl.Float64Var(&f.Rate, "rate", usual.Rate, "new connections or SYNs per second; 0 lifts every limit, for a lab")
	fl.IntVar(&f.InFlight, "in-flight", 0, "hosts or sockets open at once (default fitted to the limit of open files)")
	f.HostTimeout = usual.HostTimeout
	fl.Var((*wait)(&f.Timeout), "timeout", "longest wait of each phase, in seconds or like 500ms (default 2s to connect, 5s per exchange)")
	fl.Lookup("timeout").DefValue = "" // which is said
	fl.Var((*wait)(&f.HostTimeout), "host-timeout", "longest time one host may keep Signet waiting, in seconds or like 1m")
	fl.IntVar(&f.Retries, "retries", usual.Retries, "further tries where nothing answered")
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, "`FORMAT[=FILE]`, repeatable: "+formatNames()+" (default text)")
	fl.BoolVar(&f.All, "all", false, "report every endpoint asked, closed and silent ones too, and list what is guarded or unseen with its reasons; with -o list, what is guarded or accepted and breaks a rule")
	fl.BoolVar(&f.Trace, "trace", false, "keep the bytes of every exchange in the output")
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.Policy, "policy", usual.Policy, "policy to judge by: "+text.Or(judge.Names())+" or a YAML file")
	fl.StringVar(&f.failOn, "fail-on", "none", "exit 3 when a finding at or above this `SEVERITY` stands (4: none, but something stayed undetermined)")
	fl.StringVar(&f.color, "color", "auto", "auto, always or never")
	fl.BoolVar(&f.noProgress, "no-progress", false, "no progress on standard error")
	fl.StringVar(&f.stats, "stats", "", "append a JSON line of counters to `FILE` every second")
	fl.StringVar(&f.resume, "resume", "", "go on with the interrupted `RUN`")
	fl.BoolVar(&f.yes, "yes", false, "start though the scope is above 2^24 addresses, holds more than 4,096 public ones or a prefix shorter than /8")
}

// settle checks the values that stand on their own.
func (f *scanFlags) settle() (failOn signet.Severity, fail bool, err error) {
	if err := f.Validate(); err != nil {
		return 0, false, failed(err)
	}
	if err := knownFormats(f.outputs); err != nil { // before a name is looked up
		return 0, false, err
	}
	if failOn, fail, err = parseFailOn(f.failOn); err != nil {
		return 0, false, err
	}
	return failOn, fail, settleColor(f.color)
}

// besides are the files that a scan has open beside its outputs.
func (f *scanFlags) besides() []string {
	var list []string
	if path, ok := strings.CutPrefix(f.store, "sqlite:"); ok && path != "" {
		list = append(list, path)
	}
	if f.stats != "" {
		list = append(list, f.stats)
	}
	return list
}

// wait is a duration as nmap and curl take it too: a number without a unit is of seconds.
type wait time.Duration

func (w *wait) String() string { return time.Duration(*w).String() }
func (w *wait) Type() string   { return "duration" }

func (w *wait) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil {
		var bare error
		if d, bare = time.ParseDuration(s + "s"); bare != nil || strings.Trim(s, "-.0123456789") != "" {
			return errors.New("want seconds, or a duration like 500ms")
		}
	}
	*w = wait(d)
	return nil
}
