package smb

import (
	"encoding/binary"

	"signet/internal/check"
	"signet/internal/wire/netbios"
)

// nodeStatus asks a host for its NetBIOS names in one datagram.
type nodeStatus struct {
	id      uint16
	started bool
	name    netbios.Name
	found   bool
}

func newNodeStatus(random func([]byte)) *nodeStatus {
	var b [2]byte
	random(b[:])
	return &nodeStatus{id: binary.BigEndian.Uint16(b[:])}
}

// Next implements check.Conversation.
func (n *nodeStatus) Next(in []byte, eof bool) (check.Step, error) {
	if !n.started {
		n.started = true
		return check.Step{Send: netbios.AppendStatusRequest(nil, n.id)}, nil
	}
	if len(in) == 0 {
		return check.Step{}, nil
	}
	s, err := netbios.ParseStatus(in)
	if err != nil {
		return check.Step{}, err
	}
	if s.ID != n.id {
		return check.Step{Consumed: len(in)}, nil // a late answer to somebody else
	}
	n.name, n.found = s.FileServer()
	return check.Step{Consumed: len(in), Done: true}, nil
}
