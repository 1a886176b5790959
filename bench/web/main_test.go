//go:build linux

package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A page whose answers are errors holds no bar, however soon they come; one that is answered is measured as long as it is asked.
func TestErrorsHoldNoBar(t *testing.T) {
	wrong := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wrong && r.URL.Path == "/b" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	s := &served{url: server.URL}
	list := []page{{"a", 1e4, []string{"/a"}}, {"b", 1e4, []string{"/b", "/b?c"}}}
	for _, wrong = range []bool{false, true} {
		b := &bench{config: &config{json: true}}
		got := s.attack(context.Background(), list, 100, 200*time.Millisecond)
		for i := range got {
			b.page(list[i].name, &got[i], list[i].most)
			if got[i].requests < 5 {
				t.Errorf("%s was asked %d times", list[i].name, got[i].requests)
			}
		}
		if !b.bars[0].Pass || b.bars[1].Pass == wrong {
			t.Errorf("errors: %v, and the bars are %+v", wrong, b.bars)
		}
	}
}

// The responder says what an endpoint mapper says, under the number of the call that it was sent.
func TestAnswers(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go answerOne(theirs, [2][]byte{make([]byte, 60), make([]byte, 32)})
	for _, q := range []struct {
		kind byte
		size int
	}{{11, 60}, {0, 32}} {
		call := []byte{5, 0, q.kind, 3, 16, 0, 0, 0, 18, 0, 0, 0, 7, 0, 0, 0, 1, 2}
		if _, err := ours.Write(call); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 100)
		n, err := ours.Read(got)
		if err != nil || n != q.size || got[12] != 7 {
			t.Errorf("to a call of type %d come %d octets, call %d: %v", q.kind, n, got[12], err)
		}
	}
}
