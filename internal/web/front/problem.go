package front

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Problem answers with an error as RFC 9457 has it. detail is for a person to read, and names what to do.
func Problem(w http.ResponseWriter, status int, detail string) {
	b, err := json.Marshal(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
	}{http.StatusText(status), status, detail})
	if err != nil {
		b = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}

// misdirected answers whoever knows the server by another name: a program as any error, a person, who typed an address, with a page.
func misdirected(w http.ResponseWriter, r *http.Request) {
	const detail = "this server does not go by that name: --url says by which it is reached"
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		Problem(w, http.StatusMisdirectedRequest, detail)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusMisdirectedRequest)
	io.WriteString(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Signet goes by another name</title>
<h1>Signet does not go by that name</h1>
<p>Open it by the address that it printed when it was started. To reach it by this one, start it with <code>--url</code> and the whole address.</p>
`)
}

// TooSoon answers that a request came too soon.
func TooSoon(w http.ResponseWriter, after time.Duration, detail string) {
	w.Header().Set("Retry-After", RetryAfter(after))
	Problem(w, http.StatusTooManyRequests, detail)
}

// RetryAfter is the value of the header of that name: whole seconds, at least one.
func RetryAfter(d time.Duration) string {
	return strconv.Itoa(int(max(1, (d+time.Second-1)/time.Second)))
}

// caught answers for a handler that panics, without telling the client of what.
func caught(trouble func(string), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &written{ResponseWriter: w}
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			trouble(fmt.Sprintf("bug: %s %.100q: %v: %s", r.Method, r.URL.Path, p, debug.Stack()))
			if seen.begun { // what was begun cannot be ended as if it were whole
				panic(http.ErrAbortHandler)
			}
			Problem(w, http.StatusInternalServerError, "something went wrong inside the server; its log says what")
		}()
		next.ServeHTTP(seen, r)
	})
}

// written notes whether an answer was begun.
type written struct {
	http.ResponseWriter
	begun bool
}

func (w *written) WriteHeader(status int) {
	w.begun = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *written) Write(b []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *written) Unwrap() http.ResponseWriter { return w.ResponseWriter }
