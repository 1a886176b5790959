package front

import (
	"crypto/tls"
	"io/fs"
	"sync"
	"time"
)

// renewed is the server's own certificate as its files hold it now: authorities that renew theirs every few weeks write new ones in their
// place, and nobody has to start the server again.
type renewed struct {
	cert, key string
	stat      func(string) (fs.FileInfo, error) // nil: the files are read once
	trouble   func(string)

	mu    sync.Mutex
	shown *tls.Certificate
	files [2]stamp // that were read, or refused, last
}

// stamp tells a file from the one that stood there before; of one that is not there it is zero.
type stamp struct {
	at   time.Time
	size int64
}

func newRenewed(c *Config) (*renewed, error) {
	r := &renewed{cert: c.Cert, key: c.Key, stat: c.Stat, trouble: c.Trouble}
	r.files = r.stamps()
	cert, err := loadCertificate(r.cert, r.key)
	r.shown = &cert
	return r, err
}

func (r *renewed) stamps() (both [2]stamp) {
	if r.stat == nil {
		return both
	}
	for i, path := range []string{r.cert, r.key} {
		if is, err := r.stat(path); err == nil {
			both[i] = stamp{is.ModTime(), is.Size()}
		}
	}
	return both
}

// show is the certificate for a client that connects. New files count if they would have at the start. Until they do, as while one of two
// is written, what was shown goes on, and each state of them that is no good is told of once.
func (r *renewed) show(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	files := r.stamps()
	if files == r.files {
		return r.shown, nil
	}
	r.files = files
	if cert, err := loadCertificate(r.cert, r.key); err != nil {
		r.trouble("the certificate that was read before goes on: " + err.Error())
	} else {
		r.shown = &cert
	}
	return r.shown, nil
}

// names are those of the certificate that was shown last.
func (r *renewed) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown.Leaf.DNSNames
}
