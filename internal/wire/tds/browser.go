package tds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
)

// BrowserPort is the UDP port of the SQL Server Browser (MC-SQLR 1.9).
const BrowserPort = 1434

const (
	browserAsk    = 0x03 // CLNT_UCAST_EX, MC-SQLR 2.2.2: every instance of this one host, in one packet
	browserAnswer = 0x05 // SVR_RESP, 2.2.5

	maxInstances = 256 // a host runs at most 50 (SQL Server's documented limit); the rest is noise
)

// Instance is one SQL Server instance as its host's browser describes it. All text is the server's to choose.
type Instance struct {
	Server    string
	Name      string // "MSSQLSERVER" is the default instance
	Clustered bool
	Version   string
	TCPPort   uint16 // 0 when the instance does not listen on TCP
	Pipe      string // named pipe, "" when there is none
}

// AppendBrowserRequest appends the one byte that asks a host for all its instances. The answer can be hundreds of
// times larger, which is why it is sent once, to one host, from a true source address.
func AppendBrowserRequest(dst []byte) []byte { return append(dst, browserAsk) }

// ParseBrowserResponse reads one datagram. whole says that all of it was understood: that it is as long as it says, ends
// behind an instance, and holds nothing else. Of an answer that is not, the instances that are whole are given all the
// same: each ends in a mark of its own. An answer without one is an error, and on error every result is zero.
func ParseBrowserResponse(b []byte) (all []Instance, whole bool, err error) {
	if len(b) < 3 || b[0] != browserAnswer {
		return nil, false, errors.New("tds: not a SQL Server Browser answer")
	}
	whole = int(binary.LittleEndian.Uint16(b[1:])) == len(b)-3
	for b = b[3:]; len(b) > 0; {
		record, rest, ended := bytes.Cut(b, []byte(";;"))
		b = rest
		one, ok := parseInstance(record)
		if !ended || !ok || len(all) == maxInstances {
			whole = false
			continue
		}
		all = append(all, one)
	}
	if all == nil {
		return nil, false, errors.New("tds: browser answer without a whole instance")
	}
	return all, whole, nil
}

// parseInstance reads "key;value;key;value": the four fixed keys come first (MC-SQLR 2.2.5), then the protocols,
// where an unknown one is skipped with its value, and so is a port that is none.
func parseInstance(record []byte) (Instance, bool) {
	fields := bytes.Split(record, []byte{';'})
	if len(fields) < 8 || len(fields) > 64 || len(fields)%2 != 0 {
		return Instance{}, false
	}
	for i, want := range []string{"ServerName", "InstanceName", "IsClustered", "Version"} {
		if !bytes.EqualFold(fields[2*i], []byte(want)) {
			return Instance{}, false
		}
	}
	one := Instance{
		Server: string(fields[1]), Name: string(fields[3]),
		Clustered: bytes.EqualFold(fields[5], []byte("Yes")), Version: string(fields[7]),
	}
	for i := 8; i+1 < len(fields); i += 2 {
		switch string(bytes.ToLower(fields[i])) {
		case "tcp":
			if port, err := strconv.ParseUint(string(fields[i+1]), 10, 16); err == nil {
				one.TCPPort = uint16(port)
			}
		case "np":
			one.Pipe = string(fields[i+1])
		}
	}
	return one, true
}
