package dcerpc

import (
	"encoding/binary"
	"strconv"
)

// maxTower and maxFloors bound one protocol tower; six floors are the most that is in use.
const (
	maxTower  = 2048
	maxFloors = 16
)

// Tower is what a protocol tower says (C706 appendix L): an interface, and where it is served. Protocol is a protocol
// sequence of [MS-RPCE] §2.1 such as "ncacn_ip_tcp", empty when the floors name none that is known here. Endpoint is a
// port in decimal, a pipe or a local name; Host an address or a NetBIOS name. Texts of the peer are printable ASCII.
type Tower struct {
	Interface UUID
	Major     uint16
	Minor     uint16
	Protocol  string
	Endpoint  string
	Host      string
}

// Protocol identifiers of floors (C706 appendix I; pipe, LPC and HTTP as Windows and Samba use them).
const (
	floorTCP     = 0x07
	floorUDP     = 0x08
	floorIP      = 0x09
	floorCL      = 0x0a
	floorCO      = 0x0b
	floorLRPC    = 0x0c
	floorUUID    = 0x0d
	floorPipe    = 0x0f
	floorLPC     = 0x10
	floorNetBIOS = 0x11
	floorHTTP    = 0x1f
)

// parseTower reads the floors of a tower, which are little-endian whoever sends them, ports and addresses in network
// order. What it cannot read it leaves out: a mapper lists what others registered, and one odd entry says nothing of
// the rest.
func parseTower(b []byte) Tower {
	var t Tower
	if len(b) < 2 {
		return Tower{}
	}
	floors := int(binary.LittleEndian.Uint16(b))
	if floors > maxFloors {
		return Tower{}
	}
	b = b[2:]
	var transport byte
	for i := range floors {
		lhs, after, ok := part(b)
		if !ok || len(lhs) == 0 {
			return t
		}
		rhs, after, ok := part(after)
		if !ok {
			return t
		}
		b = after
		switch {
		case i == 0:
			if lhs[0] != floorUUID || len(lhs) != 19 || len(rhs) != 2 {
				return Tower{}
			}
			t.Interface = readUUID(lhs[1:], binary.LittleEndian)
			t.Major, t.Minor = binary.LittleEndian.Uint16(lhs[17:]), binary.LittleEndian.Uint16(rhs)
		case i == 2:
			transport = lhs[0]
			if transport == floorLRPC {
				t.Protocol = "ncalrpc"
			}
		case i > 2:
			t.floor(transport, lhs[0], rhs)
		}
	}
	return t
}

// floor reads one floor above the RPC protocol.
func (t *Tower) floor(transport, id byte, rhs []byte) {
	switch id {
	case floorTCP, floorUDP, floorHTTP:
		if len(rhs) != 2 {
			return
		}
		t.Endpoint = strconv.Itoa(int(binary.BigEndian.Uint16(rhs)))
		switch {
		case id == floorTCP && transport == floorCO:
			t.Protocol = "ncacn_ip_tcp"
		case id == floorUDP && transport == floorCL:
			t.Protocol = "ncadg_ip_udp"
		case id == floorHTTP && transport == floorCO:
			t.Protocol = "ncacn_http"
		}
	case floorPipe:
		t.Endpoint = printable(rhs)
		if transport == floorCO {
			t.Protocol = "ncacn_np"
		}
	case floorLPC:
		t.Endpoint = printable(rhs)
	case floorIP:
		if len(rhs) == 4 {
			t.Host = strconv.Itoa(int(rhs[0])) + "." + strconv.Itoa(int(rhs[1])) + "." +
				strconv.Itoa(int(rhs[2])) + "." + strconv.Itoa(int(rhs[3]))
		}
	case floorNetBIOS:
		t.Host = printable(rhs)
	}
}

// part splits one side of a floor off b: a length of two octets and as many octets.
func part(b []byte) (content, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.LittleEndian.Uint16(b))
	if len(b)-2 < n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}
