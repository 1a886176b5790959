// Command variants writes a capture once more in the ways in which captures are worse than the traffic was: out of
// order, twice, with losses, backwards.
//
//	go run ./bench/variants FILE.pcap FOLDER
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"signet/internal/capture/capturetest"
)

func main() {
	seed := flag.Uint64("seed", 1, "of everything random")
	flag.Parse()
	if err := run(flag.Args(), *seed); err != nil {
		fmt.Fprintln(os.Stderr, "variants:", err)
		os.Exit(1)
	}
}

func run(args []string, seed uint64) error {
	if len(args) != 2 {
		return errors.New("want FILE.pcap FOLDER")
	}
	b, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	head, list, err := capturetest.Records(b)
	if err != nil {
		return fmt.Errorf("%s: %w (editcap -F pcap converts others)", args[0], err)
	}
	if err := os.MkdirAll(args[1], 0o755); err != nil {
		return err
	}
	for _, v := range capturetest.Variants() {
		out := bytes.NewBuffer(bytes.Clone(head))
		for _, r := range v.Do(list, rand.New(rand.NewPCG(seed, 1))) {
			out.Write(r)
		}
		if err := os.WriteFile(filepath.Join(args[1], strings.ReplaceAll(v.Name, " ", "-")+".pcap"), out.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
