package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"signet/internal/capture"
	"signet/internal/capture/capturetest"
)

// TestSections: sections of either byte order, interfaces of several kinds, and blocks of other kinds and any size.
func TestSections(t *testing.T) {
	packets := capturetest.Packets(connections(t, samba, "192.0.2.5", false)...)
	want, _ := hearBytes(t, pcap(packets))
	block := func(typ uint32, body []byte) []byte {
		b := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, typ), uint32(len(body)+12))
		return binary.LittleEndian.AppendUint32(append(b, body...), uint32(len(body)+12))
	}
	raw := capturetest.Wraps()[4]
	half := len(packets) / 2
	first, second := capturetest.Pcapng(packets[:half], ethernet(), binary.BigEndian), capturetest.Pcapng(packets[half:], raw, binary.LittleEndian)
	if got, _ := hearBytes(t, slices.Concat(first, second)); !equal(got, want) {
		t.Errorf("two sections: %v", got)
	}
	keys := block(10, make([]byte, 5<<20)) // a TLS key log
	file := capturetest.Pcapng(packets, ethernet(), binary.LittleEndian)
	if got, _ := hearBytes(t, slices.Concat(file[:28], keys, file[28:])); !equal(got, want) {
		t.Errorf("a large block of another kind: %v", got)
	}
	// A second interface of another link type, whose packet is the last.
	stray := block(6, slices.Concat([]byte{9, 0, 0, 0}, make([]byte, 8), []byte{4, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4}))
	got, r := hearBytes(t, slices.Concat(file, block(1, []byte{101, 0, 0, 0, 0, 0, 0, 0}), stray))
	if !equal(got, want) || r.Stats.Undescribed != 1 {
		t.Errorf("a packet of an interface that is not described: %d, %v", r.Stats.Undescribed, got)
	}
	bad := slices.Concat(file, stray)
	bad[len(bad)-4]++
	kind, in, err := capture.Open(bytes.NewReader(bad))
	if err != nil {
		t.Fatal(err)
	}
	var damage *capture.DamageError
	if err := capture.NewReader(nil).Read(kind, in); !errors.As(err, &damage) || damage.Offset != int64(len(file)) || !strings.Contains(damage.What, "at its end") {
		t.Errorf("a block whose lengths differ: %v", err)
	}
}
