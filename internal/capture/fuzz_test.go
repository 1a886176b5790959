package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"signet"
	"signet/internal/capture"
	"signet/internal/capture/capturetest"
	"signet/internal/check/all"
	"signet/internal/fuzzing"
)

// FuzzRead: whatever a file holds, reading it ends in time and in bounded memory, keeps nothing afterwards, and gives facts that their own check can
// judge.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"smb", "http", "ldap", "rdp"} {
		for _, path := range recordings(f, name)[:2] {
			packets := capturetest.Packets(connections(f, path, "192.0.2.5", false)...)
			f.Add(pcap(packets))
			f.Add(capturetest.Pcapng(packets, ethernet(), binary.BigEndian))
			for _, w := range capturetest.Wraps() {
				f.Add(capturetest.Pcap(packets[:min(len(packets), 8)], w, binary.LittleEndian, false))
			}
		}
	}
	checks := all.Checks()
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, in, err := capture.Open(bytes.NewReader(b))
		if err != nil || kind != capture.KindPcap && kind != capture.KindPcapng {
			return
		}
		r := capture.NewReader(checks)
		var damage *capture.DamageError
		fuzzing.Bounded(t, len(b), func() { err = r.Read(kind, in) })
		if err != nil && errors.As(err, &damage) && damage.Offset < 0 {
			t.Fatal(err)
		}
		if r.Held() != 0 {
			t.Fatalf("%d bytes are kept after the end", r.Held())
		}
		err = r.Observations(func(o *signet.Observation) error {
			for _, c := range checks {
				if c.Name == o.Check {
					_, err := c.Judge(signet.RawFacts(o.Facts.AppendJSON(nil)))
					return err
				}
			}
			return errors.New("an observation of no check")
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
