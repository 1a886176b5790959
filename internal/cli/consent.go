package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"signet/internal/scope"
)

// What a scan may hold without being asked about: a /8, and of addresses that may be anybody's a few offices' worth.
const (
	mostUnasked       = 1 << 24
	mostPublicUnasked = 4096
)

// dangers says why a scope does not start without --yes; nothing where it does.
func dangers(e *scope.Extent) []string {
	var why []string
	if e.Addresses > mostUnasked {
		why = append(why, fmt.Sprintf("more than %d", mostUnasked))
	}
	if e.Public > mostPublicUnasked {
		why = append(why, fmt.Sprintf("%d of them public, more than %d", e.Public, mostPublicUnasked))
	}
	if len(e.Short) > 0 && e.Addresses > 0 {
		why = append(why, fmt.Sprintf("%s is a prefix shorter than /8", e.Short[0]))
	}
	return why
}

// consent lets a scope pass that is small enough, that --yes was said for, or that the user says yes to on a terminal; asked
// tells that there was a question, with the estimate before it.
func (a *app) consent(ctx context.Context, f *scanFlags, e *scope.Extent, estimate string) (asked bool, err error) {
	why := dangers(e)
	if len(why) == 0 || f.yes {
		return false, nil
	}
	what := fmt.Sprintf("%s would be asked (%s)", howMany(e.Addresses), strings.Join(why, "; "))
	refused := usage("%s: nothing was sent; signet targets prints them, --yes starts it all the same", what)
	if slices.Contains(f.files, "-") || slices.Contains(f.excludeFiles, "-") || !isTerminal(a.Stdin) || !isTerminal(a.Stderr) {
		return false, refused
	}
	if estimate != "" {
		fmt.Fprintln(a.Stderr, "signet: "+estimate)
	}
	fmt.Fprintf(a.Stderr, "signet: %s.\nAsk %s? [y/N] ", what, howMany(e.Addresses))
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

// howMany words how many there are; the maximum stands for what is more.
func howMany(n uint64) string {
	switch n {
	case 1:
		return "1 address"
	case ^uint64(0):
		return "2^64 addresses or more"
	}
	return fmt.Sprintf("%d addresses", n)
}
