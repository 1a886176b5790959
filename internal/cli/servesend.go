package cli

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"signet/internal/courier"
	"signet/internal/desk"
	"signet/internal/notify"
	"signet/internal/seal"
	"signet/internal/text"
)

// sendFlags are the flags of what `signet serve` sends.
type sendFlags struct {
	smtp, smtpPassword string
	key                string
	audit              string
}

func (f *sendFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.smtp, "smtp", "", "send mail by `URL`: smtp://user@server:587/?from=signet@corp.example, or smtps:// (the password is SIGNET_SMTP_PASSWORD, or --smtp-password-file)")
	fl.StringVar(&f.smtpPassword, "smtp-password-file", "", "`FILE` with the password of --smtp")
	fl.StringVar(&f.key, "key-file", "", "`FILE` with the key that seals the secrets of channels (default: beside the store, or in the user's state folder); it is made where it is missing")
	fl.StringVar(&f.audit, "audit-syslog", "", "send the audit log to the syslog at `URL` as well: syslog://host:514 (TCP), syslogs://host:6514 (TLS) or unix:///dev/log")
}

// courier carries the audit log to the syslog of the flags; nil: there is none.
func (a *app) courier(f *sendFlags, sender *notify.Sender) (*courier.Courier, error) {
	if f.audit == "" {
		return nil, nil
	}
	to, err := notify.ParseReceiver(f.audit)
	if err != nil {
		why := err.Error()
		if field, ok := errors.AsType[*notify.FieldError](err); ok {
			why = field.Why
		}
		return nil, usage("--audit-syslog: %s", why)
	}
	return courier.New(courier.Config{To: to.String(), Warn: a.tell, Send: func(ctx context.Context, lines []notify.Line) error { return sender.Forward(ctx, to, lines) }}), nil
}

// sender is what sends the messages of a server.
func (a *app) sender(f *sendFlags) (*notify.Sender, error) {
	s := &notify.Sender{Version: a.Version}
	if name, err := os.Hostname(); err == nil {
		s.Host = name
	}
	password := a.env[smtpPasswordVariable]
	if f.smtpPassword != "" {
		b, err := os.ReadFile(f.smtpPassword)
		if err != nil {
			return nil, usage("--smtp-password-file: %v", err)
		}
		password = strings.TrimRight(string(b), "\r\n")
	}
	if f.smtp == "" {
		return s, nil
	}
	var err error
	if s.Relay, err = notify.ParseRelay(f.smtp, password); err != nil {
		var field *notify.FieldError
		if errors.As(err, &field) {
			return nil, usage("--smtp: %s", field.Why)
		}
		return nil, usage("--smtp: %v", err)
	}
	return s, nil
}

// sealer seals the secrets of a store.
func (a *app) sealer(f *sendFlags, store string) (desk.Sealer, error) {
	url, err := a.storeURL(store, true)
	if err != nil {
		return nil, err
	}
	path, err := a.keyFile(f, url)
	if err != nil {
		return nil, err
	}
	box, err := a.box(path)
	if err != nil { // a nil *seal.Box is no nil Sealer
		return nil, err
	}
	return box, nil
}

// keyFile is where the key of a store is.
func (a *app) keyFile(f *sendFlags, storeURL string) (string, error) {
	if f.key != "" {
		return f.key, nil
	}
	if path, ok := strings.CutPrefix(storeURL, "sqlite:"); ok {
		return path + ".key", nil
	}
	dir := a.userDir("XDG_STATE_HOME", filepath.Join(".local", "state"))
	if dir == "" {
		return "", usage("--key-file: %v: name one", errNoHome)
	}
	return filepath.Join(dir, "signet.key"), nil
}

// box reads the key that seals secrets, and makes one where there is none.
func (a *app) box(path string) (*seal.Box, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, seal.KeySize)
		_, _ = rand.Read(key) // never fails
		b = []byte(base64.StdEncoding.EncodeToString(key) + "\n")
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			err = writeNew(path, b)
		}
		if errors.Is(err, fs.ErrExist) { // another process made it meanwhile
			b, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, trouble("the key that seals secrets: %v", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err == nil {
		var box *seal.Box
		if box, err = seal.New(key); err == nil {
			return box, nil
		}
	}
	return nil, trouble("%s is no key: want 32 bytes in base64 (it seals the secrets of channels; without it they have to be written anew)", text.Clean(path))
}

// writeNew writes a file that only its owner may read, whole or not at all, and over none.
func writeNew(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".signet-key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
