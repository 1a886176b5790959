package html

import (
	"strings"
	"testing"

	"signet/internal/report/reporttest"
)

// The page has no script, lets none in, and what a peer says makes no element.
func TestDiffHTML(t *testing.T) {
	page := string(reporttest.RenderDiff(t, Format(), reporttest.Changes()))
	for _, not := range []string{"<script", "http://", "https://", "ZgotmplZ", "Title of &lt;/script"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
	for _, want := range []string{"default-src &#39;none&#39;; style-src &#39;sha256-", `id="worsened"`, `id="improved"`, "was low, now", `signet explain <span class="w">smb-signing-not-required</span>`, "3 endpoints got worse or are new; 2 improved."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if empty := string(reporttest.RenderDiff(t, Format(), nil)); !strings.Contains(empty, "Nothing changed") {
		t.Error("no change is not said")
	}
}
