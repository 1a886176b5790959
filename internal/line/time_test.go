package line

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestAppendTime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, sec := range []int64{0, -62167219200, 253402300799, 253402300800, -62167219201, 1 << 40} {
		check := func(at time.Time) {
			t.Helper()
			if got, want := string(appendTime(nil, "", at)), at.UTC().Format(`"2006-01-02T15:04:05.000Z07:00"`); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		check(time.Unix(sec, 999_999_999))
		for range 200 {
			check(time.Unix(random.Int64N(253402300800), random.Int64N(1e9)).In(time.FixedZone("x", 3600)))
		}
	}
}
