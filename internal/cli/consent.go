package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"signet/internal/run"
)

// size is how large a scope is.
type size struct {
	addresses uint64
	dangers   []string // why it is not to be asked without a yes
	takes     string   // how long it will take, or empty
}

// consent lets a scope pass that is small enough, that --yes was said for, or that the user says yes to on a terminal; asked
// tells that there was a question, with the estimate before it.
func (a *app) consent(ctx context.Context, f *scanFlags, s size) (asked bool, err error) {
	if len(s.dangers) == 0 || f.yes {
		return false, nil
	}
	what := fmt.Sprintf("%s would be asked (%s)", run.HowMany(s.addresses), strings.Join(s.dangers, "; "))
	refused := usage("%s: nothing was sent; signet targets lists them, --yes starts the scan anyway", what)
	if slices.Contains(f.Files, "-") || slices.Contains(f.ExcludeFiles, "-") || !isTerminal(a.Stdin) || !isTerminal(a.Stderr) {
		return false, refused
	}
	if s.takes != "" {
		a.tell(s.takes)
	}
	fmt.Fprintf(a.Stderr, "signet: %s.\nAsk %s? [y/N] ", what, run.HowMany(s.addresses))
	switch answer, err := a.answer(ctx); {
	case err != nil:
		fmt.Fprintln(a.Stderr)
		return true, err
	case answer != "y" && answer != "yes":
		return true, refused
	}
	return true, nil
}

// answer reads a line in lower case. An end of the input is no answer.
func (a *app) answer(ctx context.Context) (string, error) {
	read := make(chan string, 1)
	go func() { // left to the end of the process where the user interrupts instead
		text, _ := bufio.NewReader(io.LimitReader(a.Stdin, 1024)).ReadString('\n')
		read <- strings.ToLower(strings.TrimSpace(text))
	}()
	select {
	case text := <-read:
		return text, nil
	case <-ctx.Done():
		return "", &exitError{code: exitInterrupted}
	}
}
