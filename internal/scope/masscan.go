package scope

import (
	"errors"
	"fmt"
	"io"
)

// masscanJSON reads what masscan has written over the years under -oJ and -oD: a list of
// objects, with or without the comma after the last, or an object a line; with quoted
// keys or bare ones (`{ ip: "…"`, `{finished: 1}`); a port in `ports` or beside `ip`.
// Open TCP ports are taken with their port, an answer to a ping as a host that is alive.
func (s *source) masscanJSON() error {
	j := jsonReader{in: s.in, line: 1, column: 0}
	for !s.bad.More {
		c, err := j.skipSpace()
		if err == io.EOF {
			return nil // a list without its ] is what an interrupted scan leaves; no host is missing that was written
		}
		if err != nil {
			return err
		}
		switch c {
		case ',', '[', ']':
			j.take()
			continue
		}
		line, column := j.line, j.column+1
		record := masscanRecord{in: &j}
		err = record.read()
		switch {
		case err == nil && record.wrong != nil:
			s.lineError(record.wrong.line, record.wrong.column, "%s", record.wrong.reason)
			if record.foreign { // so the others would be
				return nil
			}
		case err == nil && record.host.addr.IsValid():
			s.host(record.host)
		case err == nil: // {finished: 1}
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			s.cutShort(line, column, "the JSON ends inside an object: the scan was interrupted")
			return nil
		default:
			var mistake *jsonError
			if !errors.As(err, &mistake) {
				return err
			}
			// Without its grammar nothing after it can be trusted.
			s.lineError(mistake.line, mistake.column, "masscan JSON: %s", mistake.reason)
			return nil
		}
	}
	return nil
}

// masscanRecord is one object while it is read.
type masscanRecord struct {
	in       *jsonReader
	host     scanned
	finished bool
	told     bool       // there was something of a port, or of the answer to a ping
	foreign  bool       // it is no record of masscan's
	wrong    *jsonError // the first value that makes no sense; the grammar is sound
}

func (m *masscanRecord) read() error {
	line, column := m.in.line, m.in.column+1
	var beside masscanPort
	kind := false
	err := m.in.object(func(key string) error {
		switch key {
		case "ip":
			return m.readAddr()
		case "ports":
			m.told = true
			return m.in.array(func() error {
				var p masscanPort
				err := m.in.object(p.member(m.in))
				m.take(p)
				return err
			})
		case "data":
			return m.in.object(beside.member(m.in))
		case "kind":
			kind = true
			return m.in.skip(0)
		case "finished":
			m.finished = true
			return m.in.skip(0)
		}
		return beside.member(m.in)(key)
	})
	if beside.port != "" {
		m.take(beside)
	}
	m.told = m.told || beside != (masscanPort{})
	if !m.host.addr.IsValid() && !m.finished && m.wrong == nil {
		m.wrong, m.foreign = &jsonError{line, column, `an object without "ip": neither masscan's nor a list of targets`}, true
		if kind {
			m.wrong.reason = `an object without "ip": JSON lines of Signet are a report, not a list of targets (signet read FILE -o list prints what is to be fixed as one)`
		}
	}
	if m.host.addr.IsValid() && !m.told && !m.finished && m.wrong == nil {
		m.wrong = &jsonError{line, column, "an object with an address and nothing of a port: not masscan's"}
	}
	return err
}

func (m *masscanRecord) readAddr() error {
	if _, err := m.in.skipSpace(); err != nil {
		return err
	}
	line, column := m.in.line, m.in.column+1
	text, err := m.in.scalar()
	if err != nil {
		return err
	}
	if m.host.addr, err = scannedAddr(text); err != nil && m.wrong == nil {
		m.wrong = &jsonError{line, column, err.Error()}
	}
	return nil
}

// take notes what a port says of the host. A record of a banner has no status: who sent
// one has the port open. A closed port is the answer of a host that is alive.
func (m *masscanRecord) take(p masscanPort) {
	switch p.proto {
	case "icmp", "arp":
		m.host.alive = true
	case "tcp":
		m.host.alive = true
		if p.status != "open" && p.status != "" {
			return
		}
		port, err := scannedPort(p.port)
		if err != nil && m.wrong == nil {
			m.wrong = &jsonError{m.in.line, m.in.column, err.Error()}
		}
		m.host.open = append(m.host.open, port)
	}
}

type masscanPort struct{ port, proto, status string }

// member gives the reader of one member of an object about a port.
func (p *masscanPort) member(j *jsonReader) func(string) error {
	return func(key string) (err error) {
		switch key {
		case "port":
			p.port, err = j.scalar()
		case "proto":
			p.proto, err = j.scalar()
		case "status":
			p.status, err = j.scalar()
		default:
			err = j.skip(0)
		}
		return err
	}
}

// jsonError is a mistake with its place.
type jsonError struct {
	line, column int
	reason       string
}

func (e *jsonError) Error() string { return fmt.Sprintf("%d:%d: %s", e.line, e.column, e.reason) }
