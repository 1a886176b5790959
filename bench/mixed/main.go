// Command mixed writes a packet capture of a chosen size out of the project's own recordings (internal/check/*/testdata):
// connections of many clients to many servers, interleaved, for measuring how fast captures are read. Nothing is sent.
//
//	go run ./bench/mixed -mb 1024 -kind mixed FILE     FILE may be - for standard output
//
// Kinds: `logons` holds the recorded conversations and nothing else, `mixed` as many bytes again of files over SMB and of
// traffic that is no check's business, `foreign` only the latter, `flows` connections of a few packets without end.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"signet/internal/capture/capturetest"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

func main() {
	mb := flag.Int64("mb", 256, "size in MB")
	kind := flag.String("kind", "mixed", "logons, mixed, foreign or flows")
	servers := flag.Int("servers", 2000, "how many servers")
	seed := flag.Uint64("seed", 1, "of everything random")
	dir := flag.String("recordings", "internal/check", "the folder of the checks")
	flag.Parse()
	if err := run(flag.Arg(0), *dir, *kind, *mb*1_000_000, *servers, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "mixed:", err)
		os.Exit(1)
	}
}

func run(path, dir, kind string, size int64, servers int, seed uint64) error {
	if path == "" {
		return errors.New("no FILE")
	}
	m := &maker{rnd: rand.New(rand.NewPCG(seed, 1)), servers: servers, noise: make([]byte, 1<<20)}
	for i := range m.noise {
		m.noise[i] = byte(m.rnd.Uint32())
	}
	var err error
	if m.said, err = recordings(dir); err != nil {
		return err
	}
	if m.next = m.kinds()[kind]; m.next == nil {
		return fmt.Errorf("-kind %s: want logons, mixed, foreign or flows", kind)
	}
	var out io.Writer = os.Stdout
	if path != "-" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		out = f
	}
	w := bufio.NewWriterSize(out, 1<<20)
	if err := m.write(w, size); err != nil {
		return err
	}
	return w.Flush()
}

// recordings loads what the checks' recordings say in the clear, a list of connections a file.
func recordings(dir string) ([][]capturetest.Connection, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "testdata", "*.flow"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no recordings in %s: run it at the root of the repository: %v", dir, err)
	}
	var out [][]capturetest.Connection
	for _, path := range files {
		f, err := checktest.Load(path)
		if err != nil {
			return nil, err
		}
		var list []capturetest.Connection
		for _, a := range f.Attempts {
			if a.Transport != 0 || a.End == check.Rejected || a.End == check.NoAnswer {
				continue
			}
			c := capturetest.Connection{Server: netip.AddrPortFrom(netip.Addr{}, a.Port), Reset: a.End == check.Reset}
			for _, t := range a.Turns {
				if t.TLS != nil {
					break
				}
				c.Turns = append(c.Turns, capturetest.Turn{Client: t.Client, Bytes: t.Bytes})
			}
			if len(c.Turns) > 0 {
				list = append(list, c)
			}
		}
		if len(list) > 0 {
			out = append(out, list)
		}
	}
	return out, nil
}

// maker makes connections.
type maker struct {
	rnd     *rand.Rand
	said    [][]capturetest.Connection
	servers int
	noise   []byte
	made    int
	next    func() capturetest.Connection
}

func (m *maker) kinds() map[string]func() capturetest.Connection {
	return map[string]func() capturetest.Connection{
		"logons":  m.logon,
		"foreign": m.foreign,
		"flows":   m.flow,
		"mixed": func() capturetest.Connection {
			switch m.rnd.IntN(60) {
			case 0:
				return m.files()
			case 1, 2:
				return m.foreign()
			}
			return m.logon()
		},
	}
}

func (m *maker) client() netip.AddrPort {
	m.made++
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(m.made >> 14), byte(m.made >> 6)}), uint16(20000+m.made%40000))
}

// logon is a recorded conversation: a server always holds the same ones.
func (m *maker) logon() capturetest.Connection {
	n := m.rnd.IntN(m.servers)
	list := m.said[n%len(m.said)]
	c := list[m.rnd.IntN(len(list))]
	c.Client, c.Server = m.client(), netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, byte(n >> 8), byte(n)}), c.Server.Port())
	return c
}

// some is n bytes without structure.
func (m *maker) some(n int) []byte { return m.noise[m.rnd.IntN(len(m.noise)-n):][:n] }

// files is a logon to a file server and what it is for: half a megabyte of answers to reads.
func (m *maker) files() capturetest.Connection {
	c := m.logon()
	for c.Server.Port() != 445 {
		c = m.logon()
	}
	c.Turns = slices.Clone(c.Turns)
	for range 8 {
		ask, say := append([]byte{0, 0, 0, 113, 0xfe, 'S', 'M', 'B', 64, 0}, make([]byte, 107)...), append([]byte{0, 1, 0, 80, 0xfe, 'S', 'M', 'B', 64, 0}, make([]byte, 74)...)
		ask[4+12], say[4+12], say[4+16] = 8, 8, 1
		c.Turns = append(c.Turns, capturetest.Turn{Client: true, Bytes: ask}, capturetest.Turn{Bytes: append(say, m.some(65536)...)})
	}
	return c
}

// foreign is TLS or nothing known, of up to 400 KB.
func (m *maker) foreign() capturetest.Connection {
	c := capturetest.Connection{Client: m.client(), Server: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 3, 0, byte(m.made)}), 443)}
	head := []byte{0x16, 3, 1, 2, 0}
	if m.made%3 == 0 {
		c.Server, head = netip.AddrPortFrom(c.Server.Addr(), 9100), nil
	}
	c.Turns = []capturetest.Turn{{Client: true, Bytes: slices.Concat(head, m.some(512))}, {Bytes: slices.Concat(head, m.some(3000+m.rnd.IntN(400_000)))}}
	return c
}

// flow is as little as makes a connection.
func (m *maker) flow() capturetest.Connection {
	c := m.foreign()
	c.Turns = []capturetest.Turn{{Client: true, Bytes: m.some(100 + m.rnd.IntN(400))}, {Bytes: m.some(5000 + m.rnd.IntN(8000))}}
	return c
}

// write interleaves connections until there is enough.
func (m *maker) write(w io.Writer, size int64) error {
	const together = 500
	head := capturetest.Pcap(nil, capturetest.Wraps()[0], binary.LittleEndian, false)
	if _, err := w.Write(head); err != nil {
		return err
	}
	ether := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}
	at := capturetest.Start()
	var under [together][]capturetest.Packet
	for done := int64(len(head)); done < size; {
		i := m.rnd.IntN(together)
		if len(under[i]) == 0 {
			under[i] = capturetest.Packets(m.next())
		}
		p := under[i][0]
		under[i] = under[i][1:]
		n := uint32(len(ether) + len(p.Data))
		rec := binary.LittleEndian.AppendUint32(nil, uint32(at.Unix()))
		rec = binary.LittleEndian.AppendUint32(rec, uint32(at.Nanosecond()/1000))
		rec = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(rec, n), n)
		rec = append(append(rec, ether...), p.Data...)
		if _, err := w.Write(rec); err != nil {
			return err
		}
		done += int64(len(rec))
		at = at.Add(20 * time.Microsecond)
	}
	return nil
}
