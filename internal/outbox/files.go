package outbox

import (
	"context"
	"encoding/json"

	"signet/internal/notify"
)

// light keeps of a letter in memory what is asked for again and again: files wait where they are stored.
func (l *Letter) light() *Letter {
	c := *l
	c.files, c.Message.Files = len(l.Message.Files) > 0, nil
	return &c
}

// whole is the message of a letter, with its files.
func (b *Box) whole(ctx context.Context, l *Letter) (*notify.Message, error) {
	doc, err := b.Desk.Document(ctx, Kind, l.ID)
	if err != nil {
		return nil, err
	}
	c := &Letter{}
	return &c.Message, json.Unmarshal(doc.Body, c)
}
