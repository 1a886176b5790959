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
	for _, word := range []string{"frobnicate", "sm", "scan"} {
		if got := DidYouMean(word, known); got != "" {
			t.Errorf("%s: %q", word, got)
		}
	}
	if got := DidYouMean("SMB", known); got != "; did you mean smb-signing-not-required or smb1-enabled?" {
		t.Errorf("%q", got)
	}
	if got := DidYouMean("a-b", []string{"a-b-100", "a-b-200", "a-b-300", "a-b-400", "a-b-500", "a-b-600", "a-b-700"}); got != "; did you mean a-b-100, a-b-200, a-b-300, a-b-400, a-b-500 or one of 2 more?" {
		t.Errorf("of more than one reads: %q", got)
	}
}
