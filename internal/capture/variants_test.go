package capture_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/capture/capturetest"
	"signet/internal/check/all"
)

// TestVariants: captures of whole recordings, and those of the corpus, say the same out of order and twice; with losses
// they say the same or less, and no endpoint gets another verdict than it had, but undetermined.
func TestVariants(t *testing.T) {
	files := map[string][]byte{}
	for _, name := range []string{"smb", "http", "ldap", "mssql", "rdp", "mail"} {
		for _, path := range recordings(t, name)[:3] {
			files[filepath.Base(path)] = pcap(capturetest.Packets(connections(t, path, "192.0.2.5", false)...))
		}
	}
	if len(files) < 10 {
		t.Fatalf("%d captures", len(files))
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) { varied(t, file) })
	}
}

func varied(t *testing.T, file []byte) {
	want, _ := hearBytes(t, file)
	head, list, err := capturetest.Records(file)
	if err != nil || len(list) == 0 {
		t.Fatal(err)
	}
	for _, v := range capturetest.Variants() {
		times := 1
		if v.Lossy {
			times = 5
		}
		for seed := range times {
			b := slices.Clone(head)
			for _, r := range v.Do(list, rand.New(rand.NewPCG(uint64(seed), 7))) {
				b = append(b, r...)
			}
			got, _ := hearBytes(t, b)
			if !v.Lossy && !equal(got, want) {
				t.Errorf("%s:\n got %v\nwant %v", v.Name, got, want)
			}
			for k, facts := range got {
				if was, known := want[k]; !known {
					t.Errorf("%s: %s was not heard in the whole capture: %s", v.Name, k, facts)
				} else if a, b := judged(t, k, facts), judged(t, k, was); a != b && a != signet.Undetermined {
					t.Errorf("%s: %s is %v, and %v in the whole capture:\n got %s\nwant %s", v.Name, k, a, b, facts, was)
				}
			}
		}
	}
}

// judged is the verdict of an endpoint by its check's own judge.
func judged(t *testing.T, key, facts string) signet.Verdict {
	t.Helper()
	for _, c := range all.Checks() {
		if strings.HasSuffix(key, " "+c.Name) {
			j, err := c.Judge(signet.RawFacts(facts))
			if err != nil {
				t.Fatal(err)
			}
			return j.Verdict
		}
	}
	t.Fatalf("%s: no such check", key)
	return 0
}

// TestVariantsOfCorpus does the same with other people's captures, where there are some.
func TestVariantsOfCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t), "pcaps", "*.pcap"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	tried := 0
	for _, path := range files {
		b := read(t, path)
		if _, list, err := capturetest.Records(b); err != nil || len(list) == 0 || len(b) > 20_000 {
			continue
		}
		tried++
		t.Run(filepath.Base(path), func(t *testing.T) { varied(t, b) })
	}
	if tried < 10 {
		t.Errorf("%d captures were tried", tried)
	}
}
