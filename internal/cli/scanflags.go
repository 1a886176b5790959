package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/judge"
	"signet/internal/run"
)

// scanFlags are the flags of `signet scan` as typed: an order, and what is of this invocation alone.
type scanFlags struct {
	run.Order
	outputs              []string
	store, failOn, color string
	by                   string
	stats, resume        string
	noProgress, yes      bool
}

// scopeFlags adds what `scan` and `targets` share.
func (f *scanFlags) scopeFlags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.Files, "file", "f", nil, "read targets from `FILE` (- for standard input): one a line, nmap XML or masscan JSON")
	fl.StringArrayVar(&f.Exclude, "exclude", nil, "never ask `TARGET`; an exclusion always wins, over redirects and DNS answers too; repeatable")
	fl.StringArrayVar(&f.ExcludeFiles, "exclude-file", nil, "read exclusions from `FILE`")
	fl.StringSliceVar(&f.Checks, "checks", nil, "run these `CHECKS`, separated by commas (default all that need no credential)")
	fl.StringSliceVarP(&f.Ports, "ports", "p", nil, "ask these `PORTS` per check: smb=445,139,http=80,443,8000-8010 (default each check's own)")
	fl.Uint64Var(&f.Seed, "seed", 0, "visit the addresses in the order of seed `N` (0: random)")
	fl.StringVar(&f.Domain, "domain", "", "find the domain controllers of the domain `NAME` by DNS SRV and scan each of them")
}

func (f *scanFlags) register(cmd *cobra.Command) {
	f.scopeFlags(cmd)
	fl, usual := cmd.Flags(), run.NewOrder()
	fl.StringVar(&f.Discover, "discover", usual.Discover, "`METHOD` that finds open ports: auto, syn or connect")
	fl.StringVar(&f.Depth, "depth", usual.Depth, "`DEPTH` to which a check may authenticate: handshake, anonymous or decoy")
	fl.BoolVar(&f.Quick, "quick", false, "hold only each check's opening exchange")
	fl.BoolVar(&f.Deep, "deep", false, "ask for every SMB dialect by itself")
	fl.BoolVar(&f.NoSMB1, "no-smb1", false, "do not ask for SMB 1")
	fl.StringArrayVar(&f.HTTPPaths, "http-paths", nil, "also ask the paths in `FILE`, one a line")
	fl.BoolVar(&f.HTTPThorough, "http-thorough", false, "ask every path of every role with an NTLM negotiate message, whatever the server looks like")
	fl.StringArrayVar(&f.CANames, "ca-name", nil, "also ask the enrolment web service of the certification authority `NAME`")
	fl.Float64Var(&f.Rate, "rate", usual.Rate, "open at most `N` connections (or send N SYNs) a second; 0 lifts every limit, for a lab")
	fl.IntVar(&f.InFlight, "in-flight", 0, "keep at most `N` sockets open at once (default fitted to the limit of open files)")
	f.HostTimeout = usual.HostTimeout
	fl.Var((*wait)(&f.Timeout), "timeout", "wait at most `DURATION` in each phase, in seconds or like 500ms (default 2s to connect, 5s per exchange)")
	fl.Lookup("timeout").DefValue = "" // which is said
	fl.Var((*wait)(&f.HostTimeout), "host-timeout", "wait at most `DURATION` for one host altogether, in seconds or like 1m")
	fl.IntVar(&f.Retries, "retries", usual.Retries, "try `N` more times where nothing answered")
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, outputUsage())
	fl.BoolVar(&f.All, "all", false, "report every endpoint asked, closed and silent ones too; "+allUsage)
	fl.BoolVar(&f.Trace, "trace", false, "write the bytes of every exchange to the output")
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.Policy, "policy", usual.Policy, "judge by `POLICY`: "+policiesKnown())
	fl.StringVar(&f.failOn, "fail-on", "none", failOnUsage)
	fl.StringVar(&f.color, "color", "auto", colorUsage)
	fl.StringVar(&f.by, "by", "", byUsage)
	fl.BoolVar(&f.noProgress, "no-progress", false, "show no progress on standard error")
	fl.StringVar(&f.stats, "stats", "", "append a JSON line of counters to `FILE` every second")
	fl.StringVar(&f.resume, "resume", "", "continue the interrupted `RUN`")
	fl.BoolVar(&f.yes, "yes", false, "start though the scope is above 2^24 addresses, holds more than 4,096 public ones or a prefix shorter than /8")
}

// How flags that several commands have describe themselves.
const (
	colorUsage  = "`WHEN` to colour the text report: auto, always or never"
	allUsage    = "list guarded and unseen endpoints with their reasons; with -o list, also those that break a rule and are guarded or accepted"
	failOnUsage = "exit 3 if a finding at or above `SEVERITY` stands (exit 4: none does, but something stayed undetermined)"
)

func outputUsage() string {
	return "write `FORMAT[=FILE]`, repeatable: " + formatNames() + " (default text)"
}

func policiesKnown() string { return strings.Join(judge.Names(), ", ") + " or a YAML file" }

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
	if err := settleColor(f.color); err != nil {
		return 0, false, err
	}
	return failOn, fail, settleBy(f.by, f.outputs)
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
