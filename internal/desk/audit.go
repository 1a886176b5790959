package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"signet/internal/store"
)

// Entry is one line of the audit log. People are in it by their IDs alone, so that a name can be forgotten, and nothing in it is what
// somebody typed into a field for a name or a secret.
type Entry struct {
	Seq     uint64            `json:"seq"` // from 1, without gaps
	At      time.Time         `json:"at"`
	Via     string            `json:"via"`             // session, token, system, or nobody
	Actor   string            `json:"actor,omitempty"` // ID of the user or the token
	Address string            `json:"address,omitempty"`
	Action  string            `json:"action"`           // user.create, logon, …
	Object  string            `json:"object,omitempty"` // ID of what it was done to
	Result  string            `json:"result"`           // ok, failed
	Detail  map[string]string `json:"detail,omitempty"`
	Prev    string            `json:"prev"` // hash of the entry before; of the first one 64 zeros
	Hash    string            `json:"hash"` // SHA-256 over prev and this line with an empty hash, both as text
}

// auditHead says where the log ends, so that it cannot be cut short unseen.
type auditHead struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"`
}

const (
	auditKind = "audit"
	headKind  = "audit-head"
	headID    = "head"
	startID   = "start"   // the last entry that was taken away; an entry of the log says so
	carriedID = "carried" // the last entry that was told elsewhere too
	pruned    = "audit.prune"
)

func noHead() auditHead { return auditHead{Hash: hex.EncodeToString(make([]byte, sha256.Size))} }

func auditID(seq uint64) string { return fmt.Sprintf("%016x", seq) }

func (v Via) String() string { return []string{"nobody", "session", "token", "system", "guest"}[v] }

// seal sets the hash of an entry, and gives its line.
func (e *Entry) seal() ([]byte, error) {
	e.Hash = ""
	b, err := line(e)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	sum.Write([]byte(e.Prev))
	sum.Write(b)
	e.Hash = hex.EncodeToString(sum.Sum(nil))
	return line(e)
}

// Line is an entry as it is stored: JSON in one form.
func (e *Entry) Line() ([]byte, error) { return line(e) }

// line is an entry as it is stored: JSON in one form, with the fields in order and the details by name.
func line(e *Entry) ([]byte, error) {
	var b bytes.Buffer
	j := json.NewEncoder(&b)
	j.SetEscapeHTML(false)
	if err := j.Encode(e); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// chain plans the entries of a plan as the next ones of the log.
func (d *Desk) chain(p *plan, head *auditHead) error {
	if len(p.entries) == 0 {
		return nil
	}
	for i := range p.entries {
		e := &p.entries[i]
		e.Seq, e.At, e.Prev = head.Seq+1, p.now, head.Hash
		e.Via = p.act.Who.Via.String()
		if e.Actor == "" {
			e.Actor = p.act.Who.ID
		}
		if p.act.From.IsValid() {
			e.Address = p.act.From.Unmap().WithZone("").String()
		}
		b, err := e.seal()
		if err != nil {
			return err
		}
		*head = auditHead{e.Seq, e.Hash}
		p.changes = append(p.changes, change{store.Edit{Kind: auditKind, ID: auditID(e.Seq), Body: b}, func(uint64) {}})
	}
	b, err := json.Marshal(head)
	if err != nil {
		return err
	}
	p.changes = append(p.changes, change{store.Edit{Kind: headKind, ID: headID, Was: store.AnyRev, Body: b}, func(uint64) {}}) // its entries are new, or nothing is written
	return nil
}

// loadHead reads where the log ends.
func (d *Desk) loadHead(ctx context.Context) error {
	d.head = noHead()
	doc, err := d.store.Document(ctx, headKind, headID)
	if errors.Is(err, store.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(doc.Body, &d.head)
}

// Note adds an entry of what was done outside the desk: a job that was started, a run that was imported. detail is names and values in
// turn; it holds no secret.
func (d *Desk) Note(ctx context.Context, act Act, action, object string, detail ...string) error {
	return d.change(ctx, act, func(p *plan) error {
		p.note(action, object, detail...)
		return nil
	})
}

// Audit gives entries, newest first: at most most of them, from before the one of a number; 0 is the end of the log.
func (d *Desk) Audit(ctx context.Context, before uint64, most int) ([]Entry, error) {
	most = min(max(most, 1), page)
	if before == 0 {
		end, err := d.AuditEnd(ctx)
		if err != nil || end == 0 {
			return nil, err
		}
		before = end + 1
	}
	first := uint64(1)
	if before > uint64(most) {
		first = before - uint64(most)
	}
	list, err := d.AuditAfter(ctx, first-1, most)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e Entry) bool { return e.Seq >= before })
	slices.Reverse(list)
	return list, nil
}

// Carrying is how far the log was carried elsewhere, where it is.
type Carrying struct {
	To      string    `json:"to" doc:"URL of the syslog"`
	Taken   uint64    `json:"taken" doc:"number of the last entry that it took"`
	Waiting uint64    `json:"waiting" doc:"entries that it has not taken yet"`
	Since   time.Time `json:"since,omitzero" doc:"when the oldest of them was written"`
	Last    time.Time `json:"last,omitzero" doc:"when it took something last, since this server started"`
	Why     string    `json:"why,omitempty" doc:"why the last try came to nothing"`
}

// Carrying says how far the log was carried elsewhere; nil: it is carried nowhere.
func (d *Desk) Carrying() *Carrying {
	if d.config.Carrying == nil {
		return nil
	}
	c := d.config.Carrying()
	return &c
}

// AuditEnd is the number of the newest entry; 0: there is none.
func (d *Desk) AuditEnd(ctx context.Context) (uint64, error) { return d.mark(ctx, headID) }

// Carried is the number of the last entry that was carried elsewhere; 0: none was.
func (d *Desk) Carried(ctx context.Context) (uint64, error) { return d.mark(ctx, carriedID) }

func (d *Desk) mark(ctx context.Context, id string) (uint64, error) {
	doc, err := d.store.Document(ctx, headKind, id)
	if errors.Is(err, store.ErrUnknown) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var m auditHead
	return m.Seq, json.Unmarshal(doc.Body, &m)
}

// SetCarried remembers up to which entry the log was carried elsewhere.
func (d *Desk) SetCarried(ctx context.Context, seq uint64) error {
	if d.held.Err() != nil {
		return context.Cause(d.held)
	}
	b, err := json.Marshal(auditHead{Seq: seq})
	if err != nil {
		return err
	}
	_, err = d.store.Write(ctx, store.Edit{Kind: headKind, ID: carriedID, Was: store.AnyRev, Body: b})
	return err
}

// AuditAfter gives entries behind that of a number, oldest first: at most most of them.
func (d *Desk) AuditAfter(ctx context.Context, after uint64, most int) (list []Entry, err error) {
	docs, err := d.store.Documents(ctx, auditKind, "", auditID(after), min(max(most, 1), page))
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		var e Entry
		if err := json.Unmarshal(doc.Body, &e); err != nil {
			return nil, fmt.Errorf("audit entry %s cannot be read: %w", doc.ID, err)
		}
		list = append(list, e)
	}
	return list, nil
}

// mostPruned is how many entries one write takes away.
const mostPruned = 5000

// PruneAudit takes away the oldest entries of the log, those before a time: at most mostPruned of them, and says how many. An entry says
// which was the last of them and what its hash was, so that the rest can be held against that.
func (d *Desk) PruneAudit(ctx context.Context, before time.Time) (n int, err error) {
	err = d.change(ctx, Act{Who: System()}, func(p *plan) error {
		last := auditHead{}
		start, err := readStart(ctx, d.store)
		if err != nil {
			return err
		}
		for after := start.Seq; n < mostPruned; {
			docs, err := d.store.Documents(ctx, auditKind, "", auditID(after), page)
			if err != nil {
				return err
			}
			for i := range docs {
				var e Entry
				if err := json.Unmarshal(docs[i].Body, &e); err != nil {
					return fmt.Errorf("audit entry %s cannot be read: %w", docs[i].ID, err)
				}
				if !e.At.Before(before) || n == mostPruned {
					docs = nil
					break
				}
				p.changes = append(p.changes, change{store.Edit{Kind: auditKind, ID: docs[i].ID, Was: docs[i].Rev}, func(uint64) {}})
				last, after, n = auditHead{e.Seq, e.Hash}, e.Seq, n+1
			}
			if len(docs) < page {
				break
			}
		}
		if n == 0 {
			return nil
		}
		body, err := json.Marshal(last)
		if err != nil {
			return err
		}
		p.changes = append(p.changes, change{store.Edit{Kind: headKind, ID: startID, Was: store.AnyRev, Body: body}, func(uint64) {}})
		p.note(pruned, "", "through", strconv.FormatUint(last.Seq, 10), "hash", last.Hash)
		return nil
	})
	if err != nil {
		n = 0
	}
	return n, err
}

// readStart is the last entry that was taken away; where none was, that before the first one.
func readStart(ctx context.Context, s store.Desk) (auditHead, error) {
	start := noHead()
	doc, err := s.Document(ctx, headKind, startID)
	if errors.Is(err, store.ErrUnknown) {
		return start, nil
	}
	if err == nil && json.Unmarshal(doc.Body, &start) != nil {
		return start, &Break{0, "where the log begins cannot be read"}
	}
	return start, err
}

// Break is the first entry of a log that is not as it was written.
type Break struct {
	Seq uint64
	Why string
}

func (b *Break) Error() string { return fmt.Sprintf("audit entry %d: %s", b.Seq, b.Why) }

// VerifyAudit reads the whole log of a store and counts its entries. A log that was altered, or cut short, is a *Break. It needs no open
// desk; entries that are added while it reads are left for the next time.
func VerifyAudit(ctx context.Context, s store.Desk) (entries uint64, err error) {
	end := noHead()
	doc, err := s.Document(ctx, headKind, headID)
	if err == nil {
		if json.Unmarshal(doc.Body, &end) != nil {
			return 0, &Break{0, "where the log ends cannot be read"}
		}
	} else if !errors.Is(err, store.ErrUnknown) {
		return 0, err
	}
	start, err := readStart(ctx, s)
	if err != nil {
		return 0, err
	}
	at, said := start, start.Seq == 0
	for at.Seq < end.Seq {
		docs, err := s.Documents(ctx, auditKind, "", auditID(at.Seq), page)
		if errors.Is(err, store.ErrDamaged) { // of which one is to be found
			docs = nil
			one, err := s.Document(ctx, auditKind, auditID(at.Seq+1))
			if err != nil && ctx.Err() == nil {
				return at.Seq, &Break{at.Seq + 1, err.Error()}
			}
			if err == nil {
				docs = []store.Document{*one}
			}
		} else if err != nil {
			return at.Seq, err
		}
		if ctx.Err() != nil {
			return at.Seq, ctx.Err()
		}
		if len(docs) == 0 {
			return at.Seq, &Break{at.Seq + 1, "it is missing, and so is all behind it"}
		}
		for _, doc := range docs {
			if at.Seq == end.Seq {
				break
			}
			prunes, why := follows(&at, doc)
			if why != "" {
				return at.Seq, &Break{at.Seq + 1, why}
			}
			said = said || prunes == start
		}
	}
	if at != end {
		return at.Seq, &Break{at.Seq, "it is not the one that the log ends with"}
	}
	if !said {
		return at.Seq, &Break{start.Seq + 1, "what stood before it was taken away, and no entry says so"}
	}
	return at.Seq - start.Seq, nil
}

// follows says why a document is not the entry after at, and makes it at otherwise. prunes is up to which entry it says that the log was
// taken away, where it does.
func follows(at *auditHead, doc store.Document) (prunes auditHead, why string) {
	if doc.ID != auditID(at.Seq+1) {
		return prunes, "it is missing"
	}
	var e Entry
	if json.Unmarshal(doc.Body, &e) != nil {
		return prunes, "it cannot be read"
	}
	if e.Seq != at.Seq+1 {
		return prunes, fmt.Sprintf("it is that of number %d", e.Seq)
	}
	if e.Prev != at.Hash {
		return prunes, "it does not follow the one before"
	}
	if b, err := e.seal(); err != nil || !bytes.Equal(b, doc.Body) {
		return prunes, "it is not as it was written"
	}
	*at = auditHead{e.Seq, e.Hash}
	if e.Action == pruned {
		if seq, err := strconv.ParseUint(e.Detail["through"], 10, 64); err == nil {
			prunes = auditHead{seq, e.Detail["hash"]}
		}
	}
	return prunes, ""
}
