//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	manySchedules = 1000
	idleFor       = time.Minute
)

// scheduled is what a thousand schedules cost while none is due.
func (b *bench) scheduled(ctx context.Context) error {
	url, err := b.newStore(ctx, "schedules")
	if err != nil {
		return err
	}
	s, err := serve(ctx, b.signet, url, b.network)
	if err != nil {
		return err
	}
	if err := b.idleSchedules(ctx, s); err != nil {
		return errors.Join(err, s.stop())
	}
	return s.stop()
}

// idleSchedules makes them: of zones whose clocks change and of others, with and without windows, each due once a day, hours from now.
func (b *bench) idleSchedules(ctx context.Context, s *served) error {
	var site struct {
		ID string `json:"id"`
	}
	if err := s.call(ctx, "POST", "/sites", map[string]any{"name": "hq", "targets": []string{b.network}}, &site); err != nil {
		return err
	}
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"}
	for i := range manySchedules {
		zone, err := time.LoadLocation(zones[i%len(zones)])
		if err != nil {
			return err
		}
		due := time.Now().In(zone).Add(3*time.Hour + time.Duration(i)*time.Minute)
		schedule := map[string]any{"site": site.ID, "cron": fmt.Sprintf("%d %d * * *", due.Minute(), due.Hour()), "zone": zone.String()}
		if i%2 == 0 {
			schedule["blackouts"] = []string{"mon-fri 08:00-18:00", "2026-12-20..2027-01-06"}
		}
		if err := s.call(ctx, "POST", "/schedules", schedule, nil); err != nil {
			return err
		}
		time.Sleep(5 * time.Millisecond) // one address may ask 300 times a second
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	before := s.cpu()
	time.Sleep(idleFor)
	b.bar("a thousand schedules, none due: of one processor", 100*(s.cpu()-before).Seconds()/idleFor.Seconds(), 1, "%", "for a minute")
	return nil
}
