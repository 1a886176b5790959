package postgres

import (
	"context"
	"os"
	"testing"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.Writer(func(ctx context.Context, where string) (store.Store, error) { return Open(ctx, where) })
	os.Exit(m.Run())
}

func TestKill(t *testing.T) {
	address := start(t).database(t)
	storetest.Kill(t, storetest.Kills(), address, place(address))
}

func TestHoldKilled(t *testing.T) {
	address := start(t).database(t)
	storetest.HoldKilled(t, storetest.Kills(), address, place(address))
}
