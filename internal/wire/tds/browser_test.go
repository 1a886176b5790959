package tds

import (
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func datagram(text string) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{5}, uint16(len(text))), text...)
}

const (
	// In the form of the examples of MC-SQLR 4.
	oneInstance = `ServerName;SQL01;InstanceName;MSSQLSERVER;IsClustered;No;Version;15.0.2000.5;tcp;1433;;`
	twoPaths    = `ServerName;SQL01;InstanceName;YUKON;IsClustered;Yes;Version;16.0.1000.6;np;\\SQL01\pipe\MSSQL$YUKON\sql\query;tcp;51433;;`
	noTCP       = `ServerName;SQL01;InstanceName;EXPRESS;IsClustered;No;Version;10.50.1600.1;;`
)

func TestBrowserRequest(t *testing.T) {
	if got := hex.EncodeToString(AppendBrowserRequest(nil)); got != "03" {
		t.Errorf("got %s", got)
	}
}

func TestParseBrowserResponse(t *testing.T) {
	first := Instance{Server: "SQL01", Name: "MSSQLSERVER", Version: "15.0.2000.5", TCPPort: 1433}
	second := Instance{Server: "SQL01", Name: "YUKON", Clustered: true, Version: "16.0.1000.6", TCPPort: 51433, Pipe: `\\SQL01\pipe\MSSQL$YUKON\sql\query`}
	third := Instance{Server: "SQL01", Name: "EXPRESS", Version: "10.50.1600.1"}
	headed := func(says int, text string) []byte {
		return append(binary.LittleEndian.AppendUint16([]byte{5}, uint16(says)), text...)
	}
	portless := first
	portless.TCPPort = 0
	for _, c := range []struct {
		name  string
		in    []byte
		want  []Instance
		whole bool
	}{
		{"one", datagram(oneInstance), []Instance{first}, true},
		{"three", datagram(oneInstance + twoPaths + noTCP), []Instance{first, second, third}, true},
		{"unknown protocol skipped", datagram(strings.Replace(oneInstance, "tcp;", "spx;x;tcp;", 1)), []Instance{first}, true},
		{"port over 16 bits", datagram(strings.Replace(oneInstance, "1433", "65536", 1)), []Instance{portless}, true},
		// Answers whose length is wrong, or whose end is lost on the way: what is whole in them counts.
		{"shorter by one than it says", headed(len(oneInstance)+1, oneInstance), []Instance{first}, false},
		{"longer than it says", append(datagram(oneInstance), noTCP...), []Instance{first, third}, false},
		{"says nothing", headed(0, oneInstance), []Instance{first}, false},
		{"the last one cut", headed(len(oneInstance+twoPaths), (oneInstance + twoPaths)[:len(oneInstance)+40]), []Instance{first}, false},
		{"the last one without its end", headed(len(oneInstance+twoPaths), strings.TrimSuffix(oneInstance+twoPaths, ";")), []Instance{first}, false},
		{"one that is none between", datagram(oneInstance + "x;y;;" + noTCP), []Instance{first, third}, false},
		{"a NUL at the end", datagram(oneInstance + "\x00"), []Instance{first}, false},
		{"too many", datagram(strings.Repeat(noTCP, maxInstances+1)), slices.Repeat([]Instance{third}, maxInstances), false},
		{"empty", nil, nil, false},
		{"no instance", datagram(""), nil, false},
		{"a request", []byte{3}, nil, false},
		{"another protocol", []byte("HTTP/1.1 400"), nil, false},
		{"cut datagram", datagram(oneInstance)[:40], nil, false},
		{"no terminator", datagram(strings.TrimSuffix(oneInstance, ";")), nil, false},
		{"odd fields", datagram(strings.Replace(oneInstance, "tcp;1433", "tcp", 1)), nil, false},
		{"no instance name", datagram(strings.Replace(oneInstance, "InstanceName", "Other", 1)), nil, false},
	} {
		got, whole, err := ParseBrowserResponse(c.in)
		if (err == nil) != (c.want != nil) || whole != c.whole || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, whole %v, %v", c.name, got, whole, err)
		}
	}
}

// Whatever is read is written in the form of MC-SQLR and read the same.
func FuzzParseBrowserResponse(f *testing.F) {
	f.Add(datagram(oneInstance))
	f.Add(datagram(oneInstance + twoPaths + noTCP))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, whole, err := ParseBrowserResponse(b)
		if (err == nil) != (len(all) > 0) || whole && err != nil {
			t.Fatalf("%d instances, whole %v, %v", len(all), whole, err)
		}
		var text strings.Builder
		for _, one := range all {
			if strings.ContainsRune(one.Server+one.Name+one.Version+one.Pipe, ';') {
				t.Fatalf("%+v holds a separator", one)
			}
			text.WriteString("ServerName;" + one.Server + ";InstanceName;" + one.Name)
			text.WriteString(map[bool]string{false: ";IsClustered;No", true: ";IsClustered;Yes"}[one.Clustered])
			text.WriteString(";Version;" + one.Version + ";np;" + one.Pipe + ";tcp;" + strconv.Itoa(int(one.TCPPort)) + ";;")
		}
		if err != nil || text.Len() > 0xffff {
			return
		}
		again, _, err := ParseBrowserResponse(datagram(text.String()))
		if emptyValue(all) {
			return // an empty value writes the separator of instances
		}
		if err != nil || !reflect.DeepEqual(again, all) {
			t.Fatalf("%+v came back as %+v (%v)", all, again, err)
		}
	})
}

func emptyValue(all []Instance) bool {
	for _, one := range all {
		if one.Server == "" || one.Name == "" || one.Version == "" || one.Pipe == "" {
			return true
		}
	}
	return false
}
