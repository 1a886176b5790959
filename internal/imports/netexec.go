package imports

import (
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"signet/internal/text"
)

// ErrNotNetExec says that a database is none of NetExec whose hosts tell a check anything.
var ErrNotNetExec = errors.New("a database, but none of NetExec for smb, ldap, mssql, rdp or winrm")

// sqliteMagic begins every SQLite database.
const sqliteMagic = "SQLite format 3\x00"

// nxcRow is a row of a table of hosts: the columns that are there, by name.
type nxcRow map[string]any

// text is a column's text, "" without.
func (r nxcRow) text(column string) string {
	s, _ := r[column].(string)
	return text.Clip(strings.TrimSpace(s), 253)
}

// truth is a column's boolean; known is false for NULL and for what is none.
func (r nxcRow) truth(column string) (value, known bool) {
	switch v := r[column].(type) {
	case bool:
		return v, true
	case int64:
		return v == 1, v == 0 || v == 1
	case string: // of a database that had no type for it
		return strings.EqualFold(v, "true") || v == "1", strings.EqualFold(v, "true") || strings.EqualFold(v, "false") || v == "0" || v == "1"
	}
	return false, false
}

// nxcColumns are all that is ever read of a database of NetExec. Its tables of accounts, hashes and secrets are not
// looked at.
func nxcColumns() []string {
	return []string{"ip", "hostname", "os", "port", "smbv1", "signing", "signing_required", "channel_binding", "instances", "nla"}
}

// NetExec reads one database of a workspace of NetExec, or of CrackMapExec before it. The file is opened for reading
// alone, without a lock and without a journal: it stays as it is, and what another process is writing to it is not seen.
func NetExec(path string, host Hosts, deliver Sink) (Stats, error) {
	st := Stats{Source: "NetExec"}
	db, size, err := openNetExec(path)
	if err != nil {
		return st, err
	}
	defer db.Close()
	table, columns, err := nxcTable(db)
	if err != nil {
		return st, err
	}
	base := strings.ToLower(filepath.Base(path))
	read := nxcProtocol(strings.TrimSuffix(base, filepath.Ext(base)), columns)
	if read == nil {
		return st, ErrNotNetExec
	}
	var list []string
	for _, c := range columns {
		list = append(list, `"`+c+`"`)
	}
	rows, err := db.Query("SELECT " + strings.Join(list, ", ") + ` FROM "` + table + `"`)
	if err != nil {
		return st, err
	}
	defer rows.Close()
	doubts := &nxcDoubts{}
	for n := int64(0); rows.Next(); n++ {
		if n > size { // a damaged tree can lead in circles
			return st, errors.New("more rows than the file has bytes: it is damaged")
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return st, err
		}
		row := nxcRow{}
		for i, c := range columns {
			row[c] = values[i]
			if b, ok := values[i].([]byte); ok {
				row[c] = string(b)
			}
		}
		addr, err := netip.ParseAddr(row.text("ip"))
		if err != nil {
			continue // a name: which of its addresses answered is not told
		}
		host.see(addr, true) // it has rows of hosts alone that it spoke to
		if err := read(&nxcHost{row: row, addr: addr.Unmap().WithZone(""), sink: deliver, stats: &st, doubts: doubts}); err != nil {
			return st, err
		}
	}
	st.Notes = doubts.notes()
	if busy(path) {
		st.Notes = append(st.Notes, "a journal lies beside it: NetExec may be writing to it, and what is not yet in the file is not read")
	}
	return st, rows.Err()
}

func openNetExec(path string) (*sql.DB, int64, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := os.Stat(full)
	if err != nil {
		return nil, 0, err
	}
	full = filepath.ToSlash(full)
	if !strings.HasPrefix(full, "/") {
		full = "/" + full // file:///C:/…
	}
	u := url.URL{Scheme: "file", Path: full, RawQuery: "mode=ro&immutable=1&_pragma=query_only(1)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=mmap_size(0)"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, 0, err
	}
	db.SetMaxOpenConns(1)
	return db, info.Size(), nil
}

// busy tells whether something was written beside the database that is not in it.
func busy(path string) bool {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// nxcTable finds the table of hosts and which of its columns are read. A view, a virtual table and a calculated column are
// none: they could be made of the tables that are not to be read.
func nxcTable(db *sql.DB) (table string, columns []string, err error) {
	// CrackMapExec had "computers".
	err = db.QueryRow(`SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name IN ('hosts', 'computers') ORDER BY name DESC`).Scan(&table)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, ErrNotNetExec
	}
	if err != nil {
		return "", nil, err
	}
	rows, err := db.Query(`SELECT name, hidden FROM pragma_table_xinfo(?)`, table)
	if err != nil {
		return "", nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var hidden int
		if err := rows.Scan(&name, &hidden); err != nil {
			return "", nil, err
		}
		if hidden == 0 && slices.Contains(nxcColumns(), name) {
			columns = append(columns, name)
		}
	}
	if !slices.Contains(columns, "ip") {
		return "", nil, ErrNotNetExec
	}
	return table, columns, rows.Err()
}

// nxcProtocol tells what a database is of by the columns that only one has, else by the name of its file; nil for a
// protocol that no check asks.
func nxcProtocol(name string, columns []string) func(*nxcHost) error {
	has := func(c string) bool { return slices.Contains(columns, c) }
	switch {
	case has("smbv1") || has("signing"):
		return (*nxcHost).smb
	case has("signing_required") || has("channel_binding") || name == "ldap":
		return (*nxcHost).ldap
	case has("instances") || name == "mssql":
		return (*nxcHost).mssql
	case has("nla"):
		return (*nxcHost).rdp
	case name == "winrm":
		return (*nxcHost).winrm
	}
	return nil
}

// nxcDoubts counts what NetExec says and is not believed.
type nxcDoubts struct{ required, unrequired, sign, bind uint64 }

func (d *nxcDoubts) notes() []string {
	var notes []string
	say := func(n uint64, format string) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf(format, n))
		}
	}
	say(d.required, "of %d it says that SMB signing is required, which some versions of NetExec say of every server of SMB 3.1.1: not believed, signet scan tells")
	say(d.unrequired, "of %d it says that SMB signing is not required, which is also what NetExec says where it could not look: not believed, signet scan tells")
	say(d.sign, "of %d it says that LDAP signing is not required, which NetExec before September 2026 also says where NTLM is off: not believed, signet scan tells")
	say(d.bind, "of %d it says that channel binding is never checked, which NetExec also says of any answer that it does not know: not believed, signet scan --depth decoy tells")
	return notes
}
