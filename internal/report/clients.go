package report

import "signet"

// Client writes a client line.
func (j *JSONL) Client(c *signet.Client) error {
	return j.object(struct {
		Kind string `json:"kind"`
		Run  string `json:"run"`
		At   string `json:"at"`
		*signet.Client
	}{"client", j.h.Run, string(appendTime(nil, c.At)), c})
}

// Client writes one result.
func (j *JSON) Client(c *signet.Client) error { return j.result(j.lines.Client(c)) }
