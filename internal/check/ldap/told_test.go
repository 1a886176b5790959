package ldap_test

import (
	"testing"

	"signet/internal/check/checktest"
	"signet/internal/check/ldap"
)

func TestToldHasTheShapeOfFacts(t *testing.T) { checktest.SameShape(t, ldap.Told{}, ldap.Facts{}) }
