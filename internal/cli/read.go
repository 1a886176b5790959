package cli

import (
	"context"

	"github.com/spf13/cobra"

	"signet/internal/run"
)

func (a *app) readCommand() *cobra.Command {
	var f readFlags
	cmd := &cobra.Command{
		Use:   "read [flags] FILE...",
		Short: "Judge captures and other tools' results; no packet is sent",
		Long: `Judge files that exist already: packet captures (pcap, pcapng), nmap's results (XML, or its screen output inside any
text), zgrab2 JSON, NetExec databases (one, or the folder of a workspace), masscan JSON (coverage only) and Signet's own JSON
lines. Signet undoes gzip and zstd, reads standard input for - and every file of a folder. It says what kind of file it cannot
read, and exits 1 if a named file yields nothing.

Reading sends no packet. What a capture or a tool leaves out stays unknown, and an answer that a tool is known to get wrong is
ignored. Signet keeps and prints nothing that could be cracked or replayed, and reads no such column of a database.

Where several files describe one endpoint, what Signet saw of the wire wins, then the newer source; the report names each
disagreement. --merge adds stored runs, for instance a scan, and stores the whole as a new run.`,
		Example: "  signet read hq.pcapng nmap.xml.gz\n  signet read --merge latest ~/.nxc/workspaces/default -o html=estate.html\n  signet read --merge 20261101 --merge 20261120 --store none",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.read(cmd.Context(), &f, args)
		},
	}
	f.register(cmd)
	fl := cmd.Flags()
	fl.StringArrayVar(&f.merge, "merge", nil, "report `RUN` together with the files: a stored run, or a file of JSON lines; repeatable")
	fl.BoolVar(&f.anonymize, "anonymize", false, "replace addresses and names; one address or name always gets the same replacement")
	return cmd
}

type readFlags struct {
	reportFlags
	merge     []string
	anonymize bool
}

// readMemory is where the collector of memory begins to work harder than it would: a capture of any size is read in
// little more than that.
const readMemory = 96 << 20

func (a *app) read(ctx context.Context, f *readFlags, names []string) error {
	if len(names)+len(f.merge) == 0 {
		return usage("no FILE: give a capture, nmap XML, a NetExec database, JSON lines or a folder, or - for standard input")
	}
	defer a.collect(Collector{Limit: readMemory})()
	failOn, fail, err := f.settle()
	if err != nil {
		return err
	}
	j, err := a.judge(f.policy)
	if err != nil {
		return err
	}
	g := &run.Gathering{Files: names, Judge: j, Anonymize: f.anonymize, All: f.all, Trace: f.trace, Litter: func(dir string) { a.interrupts.litter(dir, true) }}
	for _, name := range f.merge {
		in, err := a.input(ctx, f.store, name)
		if err != nil {
			return err
		}
		defer in.Close()
		g.Runs = append(g.Runs, in)
	}
	if err := a.settleOutputs(f.outputs); err != nil { // before a store is made
		return err
	}
	kept, lost, err := a.openForRun(ctx, f.store)
	if err != nil {
		return err
	}
	if kept != nil {
		defer kept.Close()
	}
	out, err := a.open(f.outputs, look{f.color, f.by, keptBy(f.store, f.policy, kept != nil)})
	if err != nil {
		return err
	}
	defer out.close()
	into := run.Into{Store: kept, Failed: a.storedAsFailed, Lost: func(err error) {
		a.notStored(err)
		lost = true
	}}
	ctx, release := a.interruptible(ctx, "judging what was read", f.store != "none")
	defer release()
	came, err := a.run.Gather(ctx, g, into, out)
	if err != nil {
		return failed(err)
	}
	switch {
	case came.Interrupted:
		return &exitError{code: exitInterrupted}
	case came.Failed || lost:
		return &exitError{code: exitTrouble}
	}
	return exit(came.Tally.Exit(failOn, fail), fail && came.Damaged)
}
