package desk

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"signet/internal/store"
)

// Reply is how a call was answered, for when it is made again under its idempotency key.
type Reply struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header,omitempty"`
	Body   []byte            `json:"body,omitempty"`
	// Once: the body has a secret that is shown once, or is too large: it is not kept, and a second call is told so.
	Once bool `json:"once,omitempty"`
	// Sealed is the body as it is stored where there is a key: an answer says what a channel's URL is.
	Sealed string `json:"sealed,omitempty"`
}

func replyPlace(id string) string { return "reply/" + id }

// reply is one as it is stored.
type reply struct {
	Request string    `json:"request"` // what key and call hash to: of the call alone the hash would let whoever has a backup try passwords
	Until   time.Time `json:"until"`
	Reply   Reply     `json:"reply"`
}

// Errors of a key.
var (
	ErrReused   = errors.New("the idempotency key was used for another call")
	ErrUnderWay = errors.New("a call under that idempotency key is under way")
)

const (
	replyKind  = "reply"
	replyTime  = 24 * time.Hour
	mostReply  = 256 << 10
	mostKeyLen = 255
)

// replies are the calls under way, by ID.
type replies struct {
	mu    sync.Mutex
	calls map[string]bool
}

// Claim is a call under an idempotency key that is under way. Either Done or Drop ends it.
type Claim struct {
	d           *Desk
	id, request string
}

// Once begins a call under an idempotency key of somebody. request is all that the call says: method, path, body. A call that was made
// already gives its Reply, and no Claim; another one under that key is ErrReused, and one that is under way ErrUnderWay. A key lasts 24 hours.
func (d *Desk) Once(ctx context.Context, w Who, key, request string) (*Reply, *Claim, error) {
	if key == "" || len(key) > mostKeyLen || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, nil, wrong("Idempotency-Key", "want 1 to %d visible ASCII characters", mostKeyLen)
	}
	c := &Claim{d, hashOf(w.ID + "\x00" + key), hashOf(key + "\x00" + request)}
	d.replies.mu.Lock()
	if d.replies.calls[c.id] {
		d.replies.mu.Unlock()
		return nil, nil, ErrUnderWay
	}
	if d.replies.calls == nil {
		d.replies.calls = map[string]bool{}
	}
	d.replies.calls[c.id] = true
	d.replies.mu.Unlock()
	doc, err := d.store.Document(ctx, replyKind, c.id)
	if errors.Is(err, store.ErrUnknown) {
		return nil, c, nil
	}
	var r reply
	if err == nil {
		err = json.Unmarshal(doc.Body, &r)
	}
	switch {
	case err != nil:
	case !d.now().Before(r.Until):
		return nil, c, nil
	case r.Request != c.request:
		err = ErrReused
	}
	c.Drop()
	if err == nil && r.Reply.Sealed != "" {
		var body string
		if d.config.Sealer == nil {
			err = ErrNoKey
		} else if body, err = d.config.Sealer.Open(replyPlace(c.id), r.Reply.Sealed); err == nil {
			r.Reply.Body, r.Reply.Sealed = []byte(body), ""
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return &r.Reply, nil, nil
}

// Drop ends a call that came to nothing: it may be made again.
func (c *Claim) Drop() {
	c.d.replies.mu.Lock()
	delete(c.d.replies.calls, c.id)
	c.d.replies.mu.Unlock()
}

// Done ends a call, and keeps how it was answered.
func (c *Claim) Done(ctx context.Context, r Reply) error {
	defer c.Drop()
	if r.Once || len(r.Body) > mostReply {
		r.Once, r.Body = true, nil
	}
	if c.d.config.Sealer != nil && len(r.Body) > 0 {
		r.Sealed, r.Body = c.d.config.Sealer.Seal(replyPlace(c.id), string(r.Body)), nil
	}
	return c.d.change(ctx, Act{}, func(p *plan) error {
		b, err := json.Marshal(reply{c.request, p.now.Add(replyTime), r})
		if err != nil {
			return err
		}
		p.changes = append(p.changes, change{store.Edit{Kind: replyKind, ID: c.id, Was: store.AnyRev, Body: b}, func(uint64) {}})
		return nil
	})
}

// sweepReplies takes away those that are past.
func (d *Desk) sweepReplies(ctx context.Context) error {
	for after := ""; ; {
		docs, err := d.store.Documents(ctx, replyKind, "", after, page)
		if err != nil {
			return err
		}
		err = d.change(ctx, Act{}, func(p *plan) error {
			for _, doc := range docs {
				var r reply
				if after = doc.ID; json.Unmarshal(doc.Body, &r) != nil || !p.now.Before(r.Until) {
					p.changes = append(p.changes, change{store.Edit{Kind: replyKind, ID: doc.ID, Was: store.AnyRev}, func(uint64) {}})
				}
			}
			return nil
		})
		if err != nil || len(docs) < page {
			return err
		}
	}
}
