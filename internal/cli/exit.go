package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"signet/internal/run"
)

// Exit codes, as docs/using.md lists them.
const (
	exitDone        = 0
	exitTrouble     = 1
	exitUsage       = 2
	exitIncomplete  = 4
	exitInterrupted = 130
)

// exitError carries an exit code. Its text, if any, is one line for standard error.
type exitError struct {
	code  int
	text  string
	cause error
}

func (e *exitError) Error() string { return e.text }
func (e *exitError) Unwrap() error { return e.cause }

func usage(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &exitError{exitUsage, err.Error(), errors.Unwrap(err)}
}

func trouble(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &exitError{exitTrouble, err.Error(), errors.Unwrap(err)}
}

// exit is the end of a command that came to its end; incomplete asks for 4 where nothing worse was found.
func exit(code int, incomplete bool) error {
	if code == exitDone && incomplete {
		code = exitIncomplete
	}
	if code == exitDone {
		return nil
	}
	return &exitError{code: code}
}

// failed makes of an error of a run what it is to who typed the command: a field of an order is a flag, and a context that
// ended an interrupt.
func failed(err error) error {
	if err == nil {
		return nil
	}
	if _, ours := errors.AsType[*exitError](err); ours {
		return err
	}
	if order, ok := errors.AsType[*run.OrderError](err); ok {
		return &exitError{exitUsage, order.Spell(flagOf), err}
	}
	if _, ok := errors.AsType[*run.NotFoundError](err); ok {
		return &exitError{exitUsage, err.Error() + " (signet runs lists them)", err}
	}
	if errors.Is(err, context.Canceled) {
		return &exitError{exitInterrupted, "", err}
	}
	return &exitError{exitTrouble, err.Error(), err}
}

// flagOf is the flag that sets a field of an order.
func flagOf(field string) string {
	switch field {
	case "ca_names":
		return "--ca-name"
	case "no_smb1":
		return "--no-smb1"
	}
	return "--" + strings.ReplaceAll(field, "_", "-")
}
