package report

import (
	"net/netip"

	"signet"
	"signet/internal/check"
)

// HostWriter is a Writer that takes hosts too: each once, after the last of its endpoints, before End.
type HostWriter interface {
	Host(*signet.Host) error
}

// LeftWriter is a Writer that wants to know when nothing more comes of an address, also where hosts are not looked at.
type LeftWriter interface {
	Left(netip.Addr) error
}

// PathWriter is a Writer that takes paths too: after the last host and before End, Paths once and then each Path.
type PathWriter interface {
	Paths(*signet.Paths) error
	Path(*signet.Path) error
}

// Host writes a host line.
func (j *JSONL) Host(h *signet.Host) error {
	return j.object(struct {
		Kind string `json:"kind"`
		Run  string `json:"run"`
		*signet.Host
	}{"host", j.h.Run, h})
}

// Paths writes nothing: the path lines say it all.
func (j *JSONL) Paths(*signet.Paths) error { return nil }

// Path writes a path line.
func (j *JSONL) Path(p *signet.Path) error {
	return j.object(struct {
		Kind      string `json:"kind"`
		Run       string `json:"run"`
		Address   string `json:"address"`
		Port      uint16 `json:"port"`
		Transport string `json:"transport"`
		Name      string `json:"name,omitempty"`
		*signet.Path
	}{"path", j.h.Run, p.Target.Addr.String(), p.Target.Port, p.Target.Transport.String(), p.Target.Name, p})
}

func (j *JSONL) object(v any) error {
	b := check.AppendJSON(j.buf[:0], v)
	j.buf = append(b, '\n')
	_, err := j.w.Write(j.buf)
	return err
}
