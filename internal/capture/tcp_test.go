package capture_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"signet/internal/capture/capturetest"
)

const samba = "../check/smb/testdata/samba-auto.exposed.flow"

// tcpOf finds the TCP header of an IPv4 packet without options.
func tcpOf(p capturetest.Packet) []byte { return p.Data[20:] }

func fromServer(p capturetest.Packet) bool { return binary.BigEndian.Uint16(tcpOf(p)) == 445 }

// TestPortsUsedAgain: a connection whose start is not in the capture and another one between the same ports are two, and
// the second is heard, also where only one direction was captured.
func TestPortsUsedAgain(t *testing.T) {
	first := connections(t, samba, "192.0.2.5", false)[1:2]
	want, _ := hearBytes(t, pcap(capturetest.Packets(first...)))
	second := slices.Clone(first)
	middle := slices.Clone(first)
	middle[0].NoStart = true
	middle[0].Turns = []capturetest.Turn{{Bytes: make([]byte, 700)}, {Client: true, Bytes: make([]byte, 90)}, {Bytes: make([]byte, 700)}}
	list := capturetest.Packets(middle...)
	list = list[:len(list)-2] // and without an end
	for i := range list {
		if fromServer(list[i]) { // its numbers are elsewhere
			seq := tcpOf(list[i])[4:]
			binary.BigEndian.PutUint32(seq, binary.BigEndian.Uint32(seq)-5000)
		}
	}
	if got, _ := hearBytes(t, pcap(slices.Concat(list, capturetest.Packets(second...)))); !equal(got, want) {
		t.Errorf("after one without a start:\n got %v\nwant %v", got, want)
	}
	// One to a server that requires signing, which ends nowhere, then one to where it does not, of one direction alone.
	strict := connections(t, "../check/smb/testdata/samba-mandatory.guarded.flow", "192.0.2.5", false)[1]
	head := capturetest.Packets(strict)
	tail := capturetest.Packets(connections(t, samba, "192.0.2.6", false)[1], first[0])
	list = slices.DeleteFunc(slices.Concat(head[:len(head)-2], tail), func(p capturetest.Packet) bool { return !fromServer(p) })
	got, _ := hearBytes(t, pcap(list))
	if !strings.Contains(got["192.0.2.5:445 smb"], `"signing":"optional"`) || got["192.0.2.6:445 smb"] == "" {
		t.Errorf("one direction: %v", got)
	}
}

// TestKeepAlive: a probe repeats the last byte, or makes one up, and ends nothing.
func TestKeepAlive(t *testing.T) {
	packets := capturetest.Packets(connections(t, samba, "192.0.2.5", false)[1])
	want, _ := hearBytes(t, pcap(packets))
	var list []capturetest.Packet
	for _, p := range packets {
		list = append(list, p)
		if len(p.Data) <= 40 {
			continue
		}
		probe := slices.Clone(p.Data[:41])
		binary.BigEndian.PutUint16(probe[2:], 41)
		binary.BigEndian.PutUint32(probe[24:], binary.BigEndian.Uint32(probe[24:])+uint32(len(p.Data)-41))
		probe[40] = p.Data[len(p.Data)-1] + 1
		list = append(list, capturetest.Packet{At: p.At, Data: probe})
		empty := slices.Clone(probe[:40])
		binary.BigEndian.PutUint16(empty[2:], 40)
		list = append(list, capturetest.Packet{At: p.At, Data: empty})
	}
	if len(list) == len(packets) {
		t.Fatal("no packet with data")
	}
	if got, _ := hearBytes(t, pcap(list)); !equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestCutPackets: a snapshot length that cuts answers says less, and never that nothing was answered.
func TestCutPackets(t *testing.T) {
	for _, path := range recordings(t, "smb") {
		for _, v6 := range []bool{false, true} {
			conns := connections(t, path, "192.0.2.5", v6)
			packets := capturetest.Packets(conns...)
			want, _ := hearBytes(t, pcap(packets))
			// The end travels in the packet of the last answer, as a server that is in a hurry sends it.
			head := 20
			if v6 {
				head = 40
			}
			hasty := slices.Clone(packets)
			for i := range hasty {
				if len(hasty[i].Data) > head+20 {
					hasty[i].Data = slices.Clone(hasty[i].Data)
					if binary.BigEndian.Uint16(hasty[i].Data[head:]) == conns[0].Server.Port() {
						hasty[i].Data[head+13] |= 1
					}
				}
			}
			for _, snap := range []int{head + 20, head + 24, head + 80, head + 100, head + 140, head + 200} {
				for _, c := range conns { // of one connection, as the others must speak for the test to prove anything
					list := slices.Clone(hasty)
					for i, p := range list {
						if binary.BigEndian.Uint16(p.Data[head:]) == c.Server.Port() && binary.BigEndian.Uint16(p.Data[head+2:]) == c.Client.Port() {
							list[i].Data = p.Data[:min(len(p.Data), snap)]
						}
					}
					weaker(t, path+" cut", list, want)
				}
			}
		}
	}
}
