package smb_test

import (
	"testing"

	"signet/internal/check/checktest"
	"signet/internal/check/smb"
)

func TestToldHasTheShapeOfFacts(t *testing.T) { checktest.SameShape(t, smb.Told{}, smb.Facts{}) }
