package capturetest

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
)

// Record is one packet of a capture file with its header.
type Record []byte

// Records cuts a pcap file with microseconds or nanoseconds into its header and its packets.
func Records(file []byte) (head []byte, list []Record, err error) {
	if len(file) < 24 {
		return nil, nil, errors.New("no pcap file")
	}
	order := binary.ByteOrder(binary.LittleEndian)
	switch binary.BigEndian.Uint32(file) {
	case 0xa1b2c3d4, 0xa1b23c4d:
		order = binary.BigEndian
	case 0xd4c3b2a1, 0x4d3cb2a1:
	default:
		return nil, nil, errors.New("no pcap file")
	}
	head, file = file[:24], file[24:]
	for len(file) >= 16 {
		n := 16 + int(order.Uint32(file[8:]))
		if n > len(file) {
			break
		}
		list = append(list, Record(file[:n:n]))
		file = file[n:]
	}
	return head, list, nil
}

// Variant is a way in which a capture can be worse than the traffic was.
type Variant struct {
	Name string
	// Lossy: packets are missing, or stand where nothing can be made of them, so that less may be known.
	Lossy bool
	Do    func(list []Record, rnd *rand.Rand) []Record
}

// Variants lists them.
func Variants() []Variant {
	lose := func(one int) func([]Record, *rand.Rand) []Record {
		return func(list []Record, rnd *rand.Rand) []Record {
			return slices.DeleteFunc(slices.Clone(list), func(Record) bool { return rnd.IntN(one) == 0 })
		}
	}
	return []Variant{
		{"neighbours", false, func(list []Record, rnd *rand.Rand) []Record {
			list = slices.Clone(list)
			for i := 0; i+1 < len(list); i += 1 + rnd.IntN(3) {
				list[i], list[i+1] = list[i+1], list[i]
			}
			return list
		}},
		{"near", true, func(list []Record, rnd *rand.Rand) []Record { // the end of one may stand behind the start of the next
			list = slices.Clone(list)
			for part := range slices.Chunk(list, 8) {
				rnd.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
			}
			return list
		}},
		{"doubled", false, func(list []Record, _ *rand.Rand) []Record {
			var out []Record
			for _, r := range list {
				out = append(out, r, r)
			}
			return out
		}},
		{"twice", false, func(list []Record, _ *rand.Rand) []Record { return slices.Concat(list, list) }},
		{"late", false, func(list []Record, _ *rand.Rand) []Record { // each comes again ten packets later
			var out []Record
			for i, r := range list {
				out = append(out, r)
				if i >= 10 {
					out = append(out, list[i-10])
				}
			}
			return out
		}},
		{"reversed", true, func(list []Record, _ *rand.Rand) []Record {
			list = slices.Clone(list)
			slices.Reverse(list)
			return list
		}},
		{"shuffled", true, func(list []Record, rnd *rand.Rand) []Record {
			list = slices.Clone(list)
			rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			return list
		}},
		{"a loss in a hundred", true, lose(100)},
		{"a loss in ten", true, lose(10)},
		{"every other lost", true, lose(2)},
		{"first half", true, func(list []Record, _ *rand.Rand) []Record { return list[:len(list)/2] }},
		{"second half", true, func(list []Record, _ *rand.Rand) []Record { return list[len(list)/2:] }},
	}
}
