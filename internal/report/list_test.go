package report_test

import (
	"bytes"
	"testing"

	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// A list names what is to be fixed; with --all it names what breaks a rule, and says beside it what it leaves out.
func TestListNamesWhatIsToBeFixed(t *testing.T) {
	for _, tt := range []struct {
		all         bool
		list, aside string
	}{
		{false, "10.0.0.8:80\n", "-o list leaves out 1 endpoint whose risk is accepted and 1 guarded endpoint that breaks a rule; --all lists them too"},
		{true, "10.0.0.7:80\n10.0.0.8:80\n10.0.0.9:80\n", ""},
	} {
		var b bytes.Buffer
		l := report.List().Run(&b, reporttest.Options())
		h := reporttest.Header()
		h.All = tt.all
		lines := reporttest.Excepted()
		reporttest.Write(t, l, h, lines, reporttest.Summary(lines))
		if aside := l.(report.Aside).Aside(); b.String() != tt.list || aside != tt.aside {
			t.Errorf("all %v: %q beside %q", tt.all, aside, b.String())
		}
	}
}
