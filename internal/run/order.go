package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"signet"
	"signet/internal/store"
	"signet/internal/text"
)

// orderVersion is the version of an Order as JSON.
const orderVersion = 1

// Order says what is to be asked and how it is to be shown, as data: it comes from a command line, a schedule, an API call
// or a stored run. NewOrder and UnmarshalJSON begin with what is asked where nothing else is said; the zero Order is
// refused. As JSON it has a version, and what it does not name keeps its default.
type Order struct {
	// Scope, in the words of a user: addresses, CIDR blocks, ranges, host names, with a port or without.
	Targets      []string `json:"targets,omitempty"`
	Files        []string `json:"files,omitempty"` // of targets; - is Env.Stdin
	Exclude      []string `json:"exclude,omitempty"`
	ExcludeFiles []string `json:"exclude_files,omitempty"`
	Domain       string   `json:"domain,omitempty"` // whose domain controllers are asked too

	Checks []string `json:"checks,omitempty"` // names; none: all that are not optional
	Ports  []string `json:"ports,omitempty"`  // smb=445,139,http=80,8000-8010, cut at its commas
	Depth  string   `json:"depth"`            // handshake, anonymous or decoy

	Quick        bool     `json:"quick,omitempty"` // opening exchanges only
	Deep         bool     `json:"deep,omitempty"`  // every SMB dialect one by one
	NoSMB1       bool     `json:"no_smb1,omitempty"`
	HTTPPaths    []string `json:"http_paths,omitempty"` // files of paths
	HTTPThorough bool     `json:"http_thorough,omitempty"`
	CANames      []string `json:"ca_names,omitempty"`

	Discover    string   `json:"discover"`  // auto, syn or connect
	Rate        float64  `json:"rate"`      // new connections or SYNs a second; 0 lifts every limit
	InFlight    int      `json:"in_flight"` // hosts or sockets open at once; 0: fitted to the system
	Retries     int      `json:"retries"`   // further tries where nothing answered
	Timeout     Duration `json:"timeout"`   // longest wait of each phase; 0: the engine's own
	HostTimeout Duration `json:"host_timeout"`
	Seed        uint64   `json:"seed,omitempty"` // of the order of addresses; 0: random

	Policy string `json:"policy,omitempty"` // what Env.Policy is asked for
	All    bool   `json:"all,omitempty"`    // report endpoints where nothing answered, too
	Trace  bool   `json:"trace,omitempty"`  // report and store the bytes of every exchange
}

// NewOrder is an order to ask targets as Signet asks where nothing else is said.
func NewOrder(targets ...string) *Order {
	return &Order{Targets: targets, Depth: "anonymous", Discover: "auto", Rate: 2000, Retries: 1, HostTimeout: Duration(30 * time.Second), Policy: "baseline"}
}

// Duration is a time.Duration that is text in JSON: 2s, 1m30s.
type Duration time.Duration

// MarshalText writes it as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalJSON writes an order with its version.
func (o *Order) MarshalJSON() ([]byte, error) {
	type fields Order
	return json.Marshal(struct {
		Version int `json:"version"`
		*fields
	}{orderVersion, (*fields)(o)})
}

// UnmarshalJSON reads an order. A version or a field that is not known is an error, which names it.
func (o *Order) UnmarshalJSON(b []byte) error {
	type fields Order
	order := *NewOrder()
	in := struct {
		Version int `json:"version"`
		*fields
	}{fields: (*fields)(&order)}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		field := ""
		if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			field = typed.Field
		}
		return refuse(field, "%v", err)
	}
	if in.Version != orderVersion {
		return refuse("version", "{version} %d: this version of Signet reads orders of version %d", in.Version, orderVersion)
	}
	*o = order
	return nil
}

// depth is the order's, once Validate has seen it.
func (o *Order) depth() (d signet.Depth) {
	if d.UnmarshalText([]byte(o.Depth)) != nil {
		return 0
	}
	return d
}

// Validate checks the values that stand on their own. Its error is an *OrderError.
func (o *Order) Validate() error {
	discoveries := []string{"auto", "syn", "connect"}
	var d signet.Depth
	switch err := d.UnmarshalText([]byte(o.Depth)); {
	case err != nil:
		return refuse("depth", "{depth}: %v%s", err, text.DidYouMean(o.Depth, []string{"handshake", "anonymous", "decoy"}))
	case d == signet.Credential:
		return refuse("depth", "{depth} credential comes in a later version: this one has handshake, anonymous and decoy")
	case !slices.Contains(discoveries, o.Discover):
		return refuse("discover", "{discover} %q: want auto, syn or connect%s", o.Discover, text.DidYouMean(o.Discover, discoveries))
	case o.Rate < 0 || o.Rate != o.Rate:
		return refuse("rate", "{rate} %v: want a number of connections per second, or 0", o.Rate)
	case o.Timeout < 0:
		return refuse("timeout", "{timeout} and {host_timeout}: want a duration like 2s")
	case o.HostTimeout <= 0:
		return refuse("host_timeout", "{timeout} and {host_timeout}: want a duration like 2s")
	case o.Retries < 0 || o.Retries > 10:
		return refuse("retries", "{retries} %d: want 0 to 10", o.Retries)
	case o.InFlight < 0:
		return refuse("in_flight", "{in_flight} %d: want a number from 1", o.InFlight)
	case o.Quick && o.Deep:
		return refuse("deep", "{quick} and {deep} contradict each other")
	case slices.Contains(o.CANames, ""):
		return refuse("ca_names", "{ca_names}: the name is missing")
	}
	return nil
}

// stored is what of an order is kept with its run: what is shown, and by which policy, is of whoever shows it.
func (o *Order) stored() (json.RawMessage, error) {
	kept := *o
	kept.Seed, kept.Policy, kept.All, kept.Trace = 0, "", false, false // the seed stands in the run
	return json.Marshal(&kept)
}

// OrderOf is the order with which a run was begun. It is an error of a run that was not: one that was read, or that came from a
// file of JSON lines.
func OrderOf(r *store.Run) (*Order, error) {
	var form struct {
		Version int                 `json:"version"`
		Targets []string            `json:"targets"`
		Flags   map[string][]string `json:"flags"`
	}
	if err := json.Unmarshal(r.Flags, &form); err != nil || form.Version == 0 && form.Flags == nil {
		return nil, fmt.Errorf("run %s: it does not say how it was ordered", r.ID)
	}
	o := NewOrder(form.Targets...)
	var err error
	if form.Version == 0 {
		err = o.setFlags(form.Flags)
	} else {
		err = json.Unmarshal(r.Flags, o)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: how it was ordered cannot be read: %w", r.ID, err)
	}
	o.Seed = r.Seed
	return o, nil
}

// quick tells whether a run asked opening exchanges only.
func quick(r *store.Run) bool {
	o, err := OrderOf(r)
	return err == nil && o.Quick
}
