package tds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
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

// ParseBrowserResponse reads one datagram. A truncated or empty list of instances is an error: on error the result
// is nil.
func ParseBrowserResponse(b []byte) ([]Instance, error) {
	if len(b) < 3 || b[0] != browserAnswer {
		return nil, errors.New("tds: not a SQL Server Browser answer")
	}
	if n := int(binary.LittleEndian.Uint16(b[1:])); n != len(b)-3 {
		return nil, fmt.Errorf("tds: browser answer of %d bytes says %d", len(b)-3, n)
	}
	var all []Instance
	for b = b[3:]; len(b) > 0; {
		record, rest, ok := bytes.Cut(b, []byte(";;"))
		if !ok {
			return nil, errors.New("tds: browser answer ends inside an instance")
		}
		one, err := parseInstance(record)
		if err != nil {
			return nil, err
		}
		if len(all) == maxInstances {
			return nil, fmt.Errorf("tds: browser answer of more than %d instances", maxInstances)
		}
		all, b = append(all, one), rest
	}
	if all == nil {
		return nil, errors.New("tds: browser answer without instances")
	}
	return all, nil
}

// parseInstance reads "key;value;key;value": the four fixed keys come first (MC-SQLR 2.2.5), then the protocols,
// where an unknown one is skipped with its value.
func parseInstance(record []byte) (Instance, error) {
	fields := bytes.Split(record, []byte{';'})
	if len(fields) < 8 || len(fields) > 64 || len(fields)%2 != 0 {
		return Instance{}, fmt.Errorf("tds: browser instance of %d fields", len(fields))
	}
	for i, want := range []string{"ServerName", "InstanceName", "IsClustered", "Version"} {
		if !bytes.EqualFold(fields[2*i], []byte(want)) {
			return Instance{}, fmt.Errorf("tds: browser instance without %s", want)
		}
	}
	one := Instance{
		Server: string(fields[1]), Name: string(fields[3]),
		Clustered: bytes.EqualFold(fields[5], []byte("Yes")), Version: string(fields[7]),
	}
	for i := 8; i+1 < len(fields); i += 2 {
		switch string(bytes.ToLower(fields[i])) {
		case "tcp":
			port, err := strconv.ParseUint(string(fields[i+1]), 10, 16)
			if err != nil {
				return Instance{}, fmt.Errorf("tds: browser instance with TCP port %.8q", fields[i+1])
			}
			one.TCPPort = uint16(port)
		case "np":
			one.Pipe = string(fields[i+1])
		}
	}
	return one, nil
}
