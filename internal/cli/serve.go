package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/desk"
	"signet/internal/hub"
	"signet/internal/judge"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/web"
	"signet/internal/web/front"
	"signet/internal/web/pages"
)

// serveFlags are the flags of `signet serve` as typed.
type serveFlags struct {
	front   front.Config
	limits  run.Limits
	depth   string
	metrics string
	store   string
	policy  string
	yes     bool
	demo    bool
	send    sendFlags
	backup  backupFlags
	sso     ssoFlags
}

// graceToDrain is how long hosts under way may take once a job is told to stop, or the server is.
const graceToDrain = 10 * time.Second

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show the estate in a browser, and scan from there",
		Long: `Serve keeps what stands open in view, and who owns it, and asks again: pages and an API over the stored runs.
What may be asked from there --allow says, and no page or call can widen it; without it nothing can be launched.
It listens on loopback. Elsewhere it wants a certificate, or a proxy in front that has one.
On the first start it prints a set-up link, which is good once and for 24 hours.`,
		Example: "  signet serve --demo\n  signet serve --allow 10.0.0.0/16\n  signet serve --listen 0.0.0.0:8471 --tls-cert cert.pem --tls-key key.pem --allow 10.0.0.0/16\n  signet serve --behind-proxy 127.0.0.1 --url https://tools.corp.example/signet",
		Args:    commandsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.demo { // whatever is configured is meant for a real one
				return a.serveDemo(cmd, &f)
			}
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.serve(cmd.Context(), &f)
		},
	}
	f.register(cmd)
	cmd.AddCommand(a.serveLink(), a.servePassword(), a.serveProbe())
	cmd.AddCommand(a.serveStore()...)
	return cmd
}

// register adds the flags.
func (f *serveFlags) register(cmd *cobra.Command) {
	f.addressFlags(cmd)
	fl := cmd.Flags()
	fl.StringArrayVar(&f.limits.Allow, "allow", nil, "let jobs ask `SCOPE`: an address, a CIDR block, a range or a host name; repeatable (default nothing)")
	fl.StringArrayVar(&f.limits.Exclude, "exclude", nil, "never ask `TARGET`; an exclusion always wins, over redirects and DNS answers too; repeatable")
	fl.StringArrayVar(&f.limits.ExcludeFiles, "exclude-file", nil, "read exclusions from `FILE`")
	fl.StringVar(&f.depth, "max-depth", signet.Anonymous.String(), "`DEPTH` to which a job may authenticate: handshake, anonymous or decoy")
	fl.Float64Var(&f.limits.Rate, "max-rate", 2000, "let a job open at most `N` connections a second")
	f.certificateFlags(cmd)
	fl.StringSliceVar(&f.front.Proxies, "behind-proxy", nil, "believe the X-Forwarded headers of proxies in `CIDR`; repeatable")
	fl.StringVar(&f.metrics, "metrics-listen", "", "serve /metrics without a token on `ADDR`")
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.policy, "policy", run.NewOrder().Policy, "judge by `POLICY` what no site and no setting says otherwise of: "+policiesKnown())
	fl.BoolVar(&f.demo, "demo", false, "show the sample, read-only and without an account; nothing is asked or kept")
	markTypedOnly(cmd, "demo")
	f.send.register(cmd)
	f.backup.register(cmd)
	f.sso.register(cmd)
	fl.BoolVar(&f.yes, "yes", false, "start though --allow is very large or public")
}

// certificateFlags adds what the server shows who it is by.
func (f *serveFlags) certificateFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.front.Cert, "tls-cert", "", "speak TLS with the certificate in `FILE` (PEM)")
	cmd.Flags().StringVar(&f.front.Key, "tls-key", "", "`FILE` with its key (PEM)")
}

// addressFlags adds what a link is made of.
func (f *serveFlags) addressFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.front.Listen, "listen", "127.0.0.1:8471", "listen on `ADDR`, an address and a port")
	cmd.Flags().StringVar(&f.front.URL, "url", "", "the server is reached by `URL`: its host, and a path below which it stands")
}

// serveGC is how much may be allocated, in percent of what lives, before memory is collected: a server holds the estate for as long as it
// lives, and what is let go while it is made anew must not double that. Beyond serveMemory it is collected as often as it takes to stay below,
// as long as less lives: cheap, since an estate is few long lists in which there is nothing to follow.
const serveGC, serveMemory = 25, 168 << 20

// serveTend is how often memory that is not used is given back: a password alone takes 19 MiB for a moment.
const serveTend = 10 * time.Second

// serve serves until the process is told to end.
func (a *app) serve(ctx context.Context, f *serveFlags) error {
	f.front.Trouble, f.front.Stat = a.tell, os.Stat
	shop, err := front.New(f.front)
	if err != nil {
		return misconfigured(err)
	}
	var metrics *front.Server
	if f.metrics != "" {
		if metrics, err = front.New(front.Config{Listen: f.metrics, Open: true, Trouble: a.tell}); err != nil {
			return usage("--metrics-listen: %v", errors.Unwrap(misconfigured(err)))
		}
	}
	single, err := f.sso.read(a.env)
	if err != nil {
		return err
	}
	env, err := a.servedEnv(ctx, f)
	if err != nil {
		return err
	}
	sender, err := a.sender(&f.send)
	if err != nil {
		return err
	}
	conf := deskConfig(env)
	audit, err := a.courier(&f.send, sender)
	if err != nil {
		return err
	}
	if audit != nil {
		conf.Told, conf.Carrying = audit.Told, audit.State
	}
	kept, err := a.openStore(ctx, f.store)
	if err != nil {
		return err
	}
	documents, ok := kept.(store.Desk)
	if !ok {
		return usage("--store none keeps nothing that could be shown")
	}
	defer kept.Close()
	means := hub.Means{NoBackup: "this server keeps nothing"}
	conf.CheckSchedule = means.CheckSchedule
	if !f.demo { // which keeps nothing
		if conf.Sealer, err = a.sealer(&f.send, f.store); err != nil {
			return err
		}
		if err := a.backups(&means, &f.backup, kept, f.store); err != nil {
			return err
		}
	}
	single.configure(&conf)
	d, err := desk.Open(ctx, documents, conf)
	if errors.Is(err, store.ErrHeld) {
		return trouble("another signet serve has this store open")
	}
	if err != nil {
		return trouble("%v", err)
	}
	defer d.Close()
	defer a.collect(Collector{Percent: serveGC, Limit: serveMemory, Tend: serveTend})()
	means.Mail = sender.Relay != nil
	var shown *pages.Pages
	means.Report = func(ctx context.Context, site string, since time.Time, format string) (*hub.Report, error) {
		return shown.Report(ctx, site, since, format)
	}
	h, err := hub.Open(ctx, hub.Config{Env: env, Store: kept, Desk: d, Policy: f.policy, Grace: graceToDrain, Send: sender.Send, Warn: a.tell, Means: means})
	if err != nil {
		return failed(err)
	}
	guest := desk.Who{}
	if f.demo {
		guest = desk.Guest()
		if err := h.ShowSample(ctx); err != nil {
			return trouble("%v", err)
		}
	}
	on := single.on(d, &conf, a.tell)
	server, err := web.New(web.Config{Desk: d, Hub: h, SignOn: gated(on), Guest: guest, Version: a.Version, Formats: formats(), Grace: graceToDrain, Trouble: a.tell, Pages: func(g *web.Gate) web.Handler {
		shown = pages.New(pages.Config{Hub: h, Desk: d, SignOn: on != nil, NoLocal: conf.NoLocal, Formats: formats(), Who: g.Who, Base: g.Base, Trouble: a.tell})
		return shown
	}})
	if err != nil {
		return trouble("%v", err)
	}
	if err := shop.Listen(ctx); err != nil {
		return trouble("%v", err)
	}
	if metrics != nil {
		if err := metrics.Listen(ctx); err != nil {
			return errors.Join(trouble("%v", err), shop.Close())
		}
	}
	h.URL, sender.Own = shop.URL(), []netip.AddrPort{shop.At()}
	if metrics != nil {
		sender.Own = append(sender.Own, metrics.At())
	}
	if on != nil {
		single.client.Own = sender.Own
	}
	if f.demo {
		err = a.greetDemo(shop.URL())
	} else {
		err = a.greet(ctx, documents, d, shop.URL())
	}
	if err != nil {
		return errors.Join(err, shop.Close())
	}
	return a.keepServing(ctx, d, func(ctx context.Context) error { return shop.Serve(ctx, server) }, func(ctx context.Context) error {
		if metrics == nil {
			<-ctx.Done()
			return nil
		}
		return metrics.Serve(ctx, server.Metrics())
	}, h.Work, on.Work, func(ctx context.Context) error { return a.sweep(ctx, d) }, func(ctx context.Context) error {
		if audit == nil {
			return nil
		}
		return audit.Work(ctx, d)
	})
}

// keepServing has all of it done until the process is told to end, or one of them fails. What is under way comes to its end.
func (a *app) keepServing(ctx context.Context, d *desk.Desk, all ...func(context.Context) error) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	release := a.interrupts.on(&handler{first: func() {
		a.tell("stopping: what is under way comes to its end; once more stops it at once")
		end(nil)
	}})
	defer release()
	lost := context.AfterFunc(d.Held(), func() { end(trouble("the store is lost: %v", context.Cause(d.Held()))) })
	defer lost()
	var wg sync.WaitGroup
	for _, do := range all {
		wg.Go(func() {
			if err := do(ctx); err != nil {
				end(trouble("%v", err))
			}
		})
	}
	wg.Wait()
	if e, ok := errors.AsType[*exitError](context.Cause(ctx)); ok {
		return e
	}
	return nil
}

// servedEnv is what jobs are made with: within the limits, and without what belongs to a terminal.
func (a *app) servedEnv(ctx context.Context, f *serveFlags) (*run.Env, error) {
	env := *a.run
	env.Stdin = nil
	if err := f.limits.Depth.UnmarshalText([]byte(f.depth)); err != nil {
		return nil, usage("--max-depth %q: want handshake, anonymous or decoy", f.depth)
	}
	f.limits.InFlight = inFlight()
	limits, err := env.NewLimits(ctx, f.limits)
	if err != nil {
		return nil, failed(err)
	}
	if dangers := limits.Dangers(); len(dangers) > 0 && !f.yes {
		return nil, usage("--allow: jobs could ask %s (%s): --yes starts it all the same", run.HowMany(limits.Extent().Addresses), strings.Join(dangers, "; "))
	}
	if _, err := run.Policy(f.policy); err != nil { // one of the desk is named in the settings, not here
		return nil, usage("--policy: %v", err)
	}
	env.Limits = limits
	return &env, nil
}

// deskConfig is what a desk is told of checks, rules and policies.
func deskConfig(env *run.Env) desk.Config {
	c := desk.Config{Rules: env.RuleNames(), Policies: judge.Names(), CheckTarget: run.CheckTarget, CheckChannel: hub.CheckChannel}
	for i := range env.Checks {
		c.Checks = append(c.Checks, env.Checks[i].Name)
	}
	lint := func(yaml []byte) error {
		p, err := run.ParsePolicy(yaml)
		if err != nil {
			return err
		}
		_, err = env.Judge(p)
		return err
	}
	c.LintPolicy = func(yaml string) error { return lint([]byte(yaml)) }
	c.LintScope = func(terms []string) error {
		if len(terms) == 0 {
			return nil
		}
		yaml, err := judge.WithExceptions([]byte(judge.Source("baseline")), []judge.Exception{{Rule: c.Rules[0], Scope: terms, Owner: "a", Reason: "b", Until: "2100-01-01"}})
		if err != nil {
			return err
		}
		return lint(yaml)
	}
	return c
}

// greet says where the server is, and how its first user is made.
func (a *app) greet(ctx context.Context, s store.Desk, d *desk.Desk, url string) error {
	out := "Signet on " + url + "\n"
	switch done, err := d.IsSetUp(ctx); {
	case err != nil:
		return trouble("%v", err)
	case done:
	case a.isJournal(): // which many may read, and which keeps it
		out += "Set up: run signet serve link\n"
	default:
		token, err := desk.NewSetupToken(ctx, s, desk.Config{})
		if err != nil {
			return trouble("%v", err)
		}
		out += setUpLine(url, token)
	}
	return a.print(out)
}

func setUpLine(url, token string) string { return "Set up: " + url + "#" + token + "\n" }

func (a *app) serveLink() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "link",
		Short: "Print a new set-up link: the one before is void",
		Long:  "Link makes the set-up link of a server that has no user yet, good once and for 24 hours. It is for whoever may write to the store; the server may run meanwhile.",
		Args:  noArguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.link(cmd.Context(), &f)
		},
	}
	f.addressFlags(cmd)
	f.certificateFlags(cmd)
	storeFlag(cmd, &f.store)
	return cmd
}

// link prints a new set-up link.
func (a *app) link(ctx context.Context, f *serveFlags) error {
	url, err := front.Address(f.front)
	if err != nil {
		return misconfigured(err)
	}
	kept, err := a.openStore(ctx, f.store)
	if err != nil {
		return err
	}
	documents, ok := kept.(store.Desk)
	if !ok {
		return usage("--store none keeps nothing that could be set up")
	}
	defer kept.Close()
	token, err := desk.NewSetupToken(ctx, documents, desk.Config{})
	if errors.Is(err, desk.ErrGone) {
		return trouble("the first user has been set up: log on with that name, or have an admin make a user")
	}
	if err != nil {
		return trouble("%v", err)
	}
	return a.print(setUpLine(url, token))
}

// misconfigured is the error of flags that do not go together.
func misconfigured(err error) error {
	if c, ok := errors.AsType[*front.ConfigError](err); ok {
		return &exitError{exitUsage, c.Error(), errors.New(c.Text)}
	}
	return trouble("%v", err)
}

// isJournal tells whether standard output goes to the system's journal: where it does, a variable names its device and inode. That variable
// alone says nothing, since it is inherited by whatever is started from there.
func (a *app) isJournal() bool {
	device, inode, ok := fileOf(a.Stdout)
	return ok && a.env["JOURNAL_STREAM"] == fmt.Sprintf("%d:%d", device, inode)
}
