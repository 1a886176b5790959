package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// A bill names what is linked on any of the platforms, once, and the Go that everything is built with.
func TestBillOfAllPlatforms(t *testing.T) {
	names := func(platforms ...string) []string {
		var out strings.Builder
		if err := write(&out, "v1", platforms); err != nil {
			t.Fatal(err)
		}
		var b bom
		if err := json.Unmarshal([]byte(out.String()), &b); err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, c := range b.Components {
			if c.Version == "" || c.PURL != "pkg:golang/"+c.Name+"@"+c.Version {
				t.Errorf("%s has version %q and %q", c.Name, c.Version, c.PURL)
			}
			list = append(list, c.Name)
		}
		if b.Metadata.Component.Version != "v1" || !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Errorf("the bill of %q: %q", b.Metadata.Component.Version, list)
		}
		return list
	}
	const windowsOnly = "github.com/inconshreveable/mousetrap"
	linux, both := names("linux/amd64"), names("linux/amd64", "windows/amd64")
	if slices.Contains(linux, windowsOnly) || !slices.Contains(both, windowsOnly) {
		t.Errorf("%s: of Linux %v, of both %v", windowsOnly, slices.Contains(linux, windowsOnly), slices.Contains(both, windowsOnly))
	}
	for _, name := range append(linux, "std", "github.com/spf13/cobra") {
		if !slices.Contains(both, name) {
			t.Errorf("%s is not in the bill", name)
		}
	}
	if write(&strings.Builder{}, "v1", []string{"linux"}) == nil {
		t.Error("a platform without a processor was taken")
	}
}
