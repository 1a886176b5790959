package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"signet/internal/desk"
	"signet/internal/store"
)

func (a *app) servePassword() *cobra.Command {
	var url string
	cmd := &cobra.Command{
		Use:   "password NAME",
		Short: "Give a local user another password, while no server runs",
		Long: "Password gives a local user another password and ends their sessions: the way back in for an admin whom nobody else can help. It is for whoever may write to the store, " +
			"while no server runs over it. The password is asked for on a terminal; elsewhere it is the first line of standard input.",
		Args: wantArguments(1, 1, "the name of the user"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.changePassword(cmd.Context(), url, args[0])
		},
	}
	storeFlag(cmd, &url)
	return cmd
}

func (a *app) changePassword(ctx context.Context, url, name string) error {
	kept, err := a.openStore(ctx, url)
	if err != nil {
		return err
	}
	documents, ok := kept.(store.Desk)
	if !ok {
		return usage("--store none keeps no users")
	}
	defer kept.Close()
	d, err := desk.Open(ctx, documents, desk.Config{})
	if errors.Is(err, store.ErrHeld) {
		return trouble("a signet serve has this store open: stop it first, or have another admin change the password there")
	}
	if err != nil {
		return trouble("%v", err)
	}
	defer d.Close()
	u, err := d.UserByName(name)
	if err != nil {
		return trouble("there is no local user %q: %s", name, localNames(d))
	}
	password, err := a.password(ctx, "New password of "+u.Name+": ")
	if err != nil {
		return err
	}
	if _, err := d.ChangeUser(ctx, desk.Act{Who: desk.System()}, u.ID, u.Rev, desk.UserChange{Password: &password}); err != nil {
		return trouble("%v", err)
	}
	a.tell(fmt.Sprintf("%s has another password; their sessions are over", u.Name))
	return nil
}

// localNames says whom there is instead.
func localNames(d *desk.Desk) string {
	var names []string
	for _, u := range d.Users() {
		if u.Kind != desk.Outside {
			names = append(names, fmt.Sprintf("%s (%s)", u.Name, u.Role))
		}
	}
	if len(names) == 0 {
		return "there is none; signet serve link makes the first"
	}
	return "there are " + strings.Join(names, ", ")
}

// password asks for one, which a terminal does not show; elsewhere it is a line of standard input.
func (a *app) password(ctx context.Context, prompt string) (string, error) {
	type answer struct {
		text string
		err  error
	}
	read := make(chan answer, 1)
	in, terminal := a.Stdin.(descriptor)
	terminal = terminal && isTerminal(a.Stdin) && isTerminal(a.Stderr)
	fd, restore := 0, func() {}
	if terminal {
		fd = int(in.Fd())
		if state, err := term.GetState(fd); err == nil {
			restore = func() { term.Restore(fd, state) }
		}
		fmt.Fprint(a.Stderr, prompt)
	}
	go func() { // left to the end of the process where the user interrupts instead
		if terminal {
			b, err := term.ReadPassword(fd)
			read <- answer{string(b), err}
			return
		}
		text, err := bufio.NewReader(io.LimitReader(a.Stdin, 4096)).ReadString('\n')
		if errors.Is(err, io.EOF) && text != "" {
			err = nil
		}
		read <- answer{strings.TrimRight(text, "\r\n"), err}
	}()
	select {
	case r := <-read:
		if terminal {
			fmt.Fprintln(a.Stderr)
		}
		if r.err != nil {
			return "", usage("no password was given: it is the first line of standard input, or typed on a terminal")
		}
		return r.text, nil
	case <-ctx.Done():
		restore()
		return "", &exitError{code: exitInterrupted}
	}
}
