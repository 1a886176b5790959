package cli

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/judge"
	"signet/internal/text"
)

// scanFlags are the flags of `signet scan` as typed.
type scanFlags struct {
	files, exclude, excludeFiles []string
	checks, ports                []string
	discover, depth              string
	quick, deep, noSMB1, all     bool
	thorough, trace, noProgress  bool
	yes                          bool
	rate                         float64
	inFlight, retries            int
	timeout, hostTimeout         time.Duration
	outputs, httpPaths, caNames  []string
	store, policy, failOn, color string
	domain, stats, resume        string
	credentialFile               string
	seed                         uint64

	kept json.RawMessage // what of them is stored with the run
}

// scopeFlags adds what `scan` and `targets` share.
func (f *scanFlags) scopeFlags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.files, "file", "f", nil, "read targets from `FILE` (- for standard input): one a line, nmap XML or masscan JSON")
	fl.StringArrayVar(&f.exclude, "exclude", nil, "`TARGET` never to be asked; always wins, for redirects and DNS answers too")
	fl.StringArrayVar(&f.excludeFiles, "exclude-file", nil, "read exclusions from `FILE`")
	fl.StringSliceVar(&f.checks, "checks", nil, "which `CHECKS`, separated by commas (default all that need no credential)")
	fl.StringSliceVarP(&f.ports, "ports", "p", nil, "`PORTS` per check: smb=445,139,http=80,443,8000-8010 (default each check's own)")
	fl.Uint64Var(&f.seed, "seed", 0, "seed of the order in which addresses are asked (0: random)")
	fl.StringVar(&f.domain, "domain", "", "find the domain controllers of `NAME` by DNS SRV and ask every one")
}

func (f *scanFlags) register(cmd *cobra.Command) {
	f.scopeFlags(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.discover, "discover", "auto", "how to find live addresses: auto, syn or connect")
	fl.StringVar(&f.depth, "depth", "anonymous", "how far into an authentication a check may go: handshake, anonymous, decoy")
	fl.BoolVar(&f.quick, "quick", false, "each check's opening exchange only")
	fl.BoolVar(&f.deep, "deep", false, "every SMB dialect one by one")
	fl.BoolVar(&f.noSMB1, "no-smb1", false, "do not ask for SMB 1")
	fl.StringArrayVar(&f.httpPaths, "http-paths", nil, "ask the paths in `FILE` too, one a line")
	fl.BoolVar(&f.thorough, "http-thorough", false, "ask every path of every role, with a type 1, whatever the server looks like")
	fl.StringArrayVar(&f.caNames, "ca-name", nil, "`NAME` of a certification authority, for the paths of its enrolment web service")
	fl.Float64Var(&f.rate, "rate", 2000, "new connections or SYNs per second; 0 lifts every limit, for a lab")
	fl.IntVar(&f.inFlight, "in-flight", 0, "hosts or sockets open at once (default fitted to the limit of open files)")
	fl.DurationVar(&f.timeout, "timeout", 0, "longest wait of each phase (default 2s to connect, 5s per exchange)")
	fl.DurationVar(&f.hostTimeout, "host-timeout", 30*time.Second, "longest time one host may keep Signet waiting")
	fl.IntVar(&f.retries, "retries", 1, "further tries where nothing answered")
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, "`FORMAT[=FILE]`, repeatable: "+formatNames()+" (default text)")
	fl.BoolVar(&f.all, "all", false, "report every endpoint asked, closed and silent ones too, and list what is guarded or unseen with its reasons")
	fl.BoolVar(&f.trace, "trace", false, "keep the bytes of every exchange in the output")
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.policy, "policy", "baseline", "policy to judge by: "+text.Or(judge.Names())+" or a YAML file")
	fl.StringVar(&f.failOn, "fail-on", "none", "exit 3 when a finding at or above this `SEVERITY` stands (4: none, but something stayed undetermined)")
	fl.StringVar(&f.color, "color", "auto", "auto, always or never")
	fl.BoolVar(&f.noProgress, "no-progress", false, "no progress on standard error")
	fl.StringVar(&f.stats, "stats", "", "append a JSON line of counters to `FILE` every second")
	fl.StringVar(&f.resume, "resume", "", "go on with the interrupted `RUN`")
	fl.BoolVar(&f.yes, "yes", false, "start though the scope is above 2^24 addresses, holds more than 4,096 public ones or a prefix shorter than /8")
	fl.StringVar(&f.credentialFile, "credential-file", "", "an account for --depth credential (comes later)")
}

// settle checks the values that stand on their own.
func (f *scanFlags) settle() (depth signet.Depth, failOn signet.Severity, fail bool, err error) {
	if err := depth.UnmarshalText([]byte(f.depth)); err != nil {
		return 0, 0, false, usage("--depth: %v", err)
	}
	if depth == signet.Credential || f.credentialFile != "" {
		return 0, 0, false, usage("--depth credential comes in a later version: this one has handshake, anonymous and decoy")
	}
	if f.failOn != "none" {
		if err := failOn.UnmarshalText([]byte(f.failOn)); err != nil {
			return 0, 0, false, usage("--fail-on: %v, or none", err)
		}
		fail = true
	}
	switch {
	case f.discover != "auto" && f.discover != "syn" && f.discover != "connect":
		err = usage("--discover %q: want auto, syn or connect", f.discover)
	case f.color != "auto" && f.color != "always" && f.color != "never":
		err = usage("--color %q: want auto, always or never", f.color)
	case f.rate < 0 || f.rate != f.rate:
		err = usage("--rate %v: want a number of connections per second, or 0", f.rate)
	case f.timeout < 0 || f.hostTimeout <= 0:
		err = usage("--timeout and --host-timeout: want a duration like 2s")
	case f.retries < 0 || f.retries > 10:
		err = usage("--retries %d: want 0 to 10", f.retries)
	case f.inFlight < 0:
		err = usage("--in-flight %d: want a number from 1", f.inFlight)
	case f.quick && f.deep:
		err = usage("--quick and --deep exclude each other")
	}
	return depth, failOn, fail, err
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
