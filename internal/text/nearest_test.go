package text

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"scan", "report", "runs", "read", "smb-signing-not-required", "smb1-enabled", "json", "jsonl"}
	for word, want := range map[string]string{
		"skan": "scan", "sacn": "scan", "SCAN": "scan", "raed": "read", "rusn": "runs", "reprot": "report", "rep": "report",
		"smb-singing-not-required": "smb-signing-not-required", "smb-signing": "smb-signing-not-required",
		"jsno": "json", "josnl": "jsonl", // the nearer of two
		"smb":        "", // two begin so
		"frobnicate": "", "": "", "x": "", "10.0.0.1": "",
		"scan": "", // it is one
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("skan", known); got != "; did you mean scan?" {
		t.Errorf("%q", got)
	}
	if got := DidYouMean("frobnicate", known); got != "" {
		t.Errorf("%q", got)
	}
}
