package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// interruptible is a context that the first interrupt ends, saying what happens then; a second one ends the process.
func (a *app) interruptible(ctx context.Context, then string) (context.Context, func()) {
	ctx, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	stop := context.AfterFunc(ctx, func() {
		release()
		fmt.Fprintln(a.Stderr, "signet: interrupted: "+then+"; once more to stop at once")
	})
	return ctx, func() {
		stop()
		release()
	}
}

// until is a file that ends where it stands when ctx ends.
type until struct {
	ctx context.Context
	in  io.Reader
}

func (u until) Read(b []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, io.EOF
	}
	return u.in.Read(b)
}

// opening is a file that is opened at the first read: to open a named pipe is to wait for who writes to it.
type opening struct {
	name string
	file *os.File
}

func (o *opening) Read(b []byte) (n int, err error) {
	if o.file == nil {
		if o.file, err = os.Open(o.name); err != nil {
			return 0, err
		}
	}
	return o.file.Read(b)
}

// piped is what until is, for a stream whose reads may wait for ever. The one that does is left to the end of the process.
func piped(ctx context.Context, in io.Reader) io.Reader {
	r, w := io.Pipe()
	go func() {
		buf := make([]byte, 256<<10)
		for {
			n, err := in.Read(buf)
			if n > 0 {
				if _, gone := w.Write(buf[:n]); gone != nil {
					return
				}
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
	}()
	context.AfterFunc(ctx, func() { w.Close() })
	return r
}
