package names

import (
	"encoding/binary"
	"fmt"

	"signet/internal/check"
	"signet/internal/wire/names"
	"signet/internal/wire/netbios"
)

// conversation asks one question and reads one answer. Over TCP, DNS messages follow their length (RFC 1035 §4.2.2).
type conversation struct {
	protocol string
	tcp      bool
	id       uint16
	addr     []byte

	sent  bool
	facts *Facts
}

// Next sends the question, then reads the answer.
func (q *conversation) Next(in []byte, _ bool) (check.Step, error) {
	if !q.sent {
		q.sent = true
		return check.Step{Send: q.ask()}, nil
	}
	if len(in) == 0 {
		return check.Step{}, nil
	}
	whole := in
	if q.tcp {
		if len(in) < 2 {
			return check.Step{Need: 2}, nil
		}
		n := 2 + int(binary.BigEndian.Uint16(in))
		if len(in) < n {
			return check.Step{Need: n}, nil
		}
		whole = in[2:n]
	}
	f, err := q.read(whole)
	if err != nil {
		return check.Step{}, err
	}
	q.facts = f
	return check.Step{Consumed: len(in), Done: true}, nil
}

func (q *conversation) ask() []byte {
	if q.protocol == nbns {
		return netbios.AppendStatusRequest(nil, q.id)
	}
	m := names.AppendQuestion(nil, q.id, q.addr)
	if !q.tcp {
		return m
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
}

func (q *conversation) read(b []byte) (*Facts, error) {
	f := &Facts{Protocol: q.protocol, Transport: "udp", Names: []string{}}
	if q.tcp {
		f.Transport = "tcp"
	}
	if q.protocol == nbns {
		s, err := netbios.ParseStatus(b)
		if err != nil {
			return nil, err
		}
		if s.ID != q.id {
			return nil, fmt.Errorf("answer to question %d, asked %d", s.ID, q.id)
		}
		for _, n := range s.Names {
			f.table(n)
		}
		return f, nil
	}
	p := names.LLMNR
	if q.protocol == mdns {
		p = names.MDNS
	}
	a, err := names.ParseAnswer(b, p, q.id, q.addr)
	if err != nil {
		return nil, err
	}
	f.Name, f.RCode = a.Name, a.RCode
	return f, nil
}

// table files one entry of a NetBIOS name table: of suffix 0, the node's own name is unique, its domain a group.
func (f *Facts) table(n netbios.StatusName) {
	suffix := n.Name.Suffix()
	f.Names = append(f.Names, fmt.Sprintf("%s<%02x>", n.Name, suffix))
	switch {
	case suffix != 0:
	case n.Group() && f.Domain == "":
		f.Domain = n.Name.String()
	case !n.Group() && f.Name == "":
		f.Name = n.Name.String()
	}
}
