package hub

import (
	"cmp"
	"context"
	"slices"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/store"
)

// Evidence is an endpoint with all that was exchanged with it, as the newest run that asked it stored it.
type Evidence struct {
	Run string
	*signet.Observation
	Judgement signet.Judgement // of this endpoint by itself, under the policy of its site
}

// Evidence lists the endpoints of a host of the estate that are wanted, by port and check. An endpoint whose run is not stored any more is
// left out.
func (h *Hub) Evidence(ctx context.Context, who desk.Who, host *estate.Host, wanted func(port uint16, check string) bool) ([]Evidence, error) {
	runs, err := h.Runs(ctx, who)
	if err != nil {
		return nil, err
	}
	sites, err := h.sitesOfRuns(ctx)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(host.Endpoints), func(e signet.HostEndpoint) bool { return !wanted(e.Port, e.Check) })
	var list []Evidence
	for i := range runs { // newest first
		r := &runs[i]
		if !slices.Contains(host.Runs, r.ID) || len(missing) == 0 {
			continue
		}
		j, err := h.judgeOf(sites[r.ID])
		if err != nil {
			return nil, err
		}
		for o, err := range store.OfHost(ctx, h.Store, r, host.Address) {
			if err != nil {
				return nil, err
			}
			at := slices.IndexFunc(missing, func(e signet.HostEndpoint) bool {
				return e.Port == o.Port && e.Check == o.Check && e.Transport == o.Transport.String()
			})
			if at < 0 || !o.Reached() {
				continue
			}
			missing = slices.Delete(missing, at, at+1)
			c := *o
			list = append(list, Evidence{Run: r.ID, Observation: &c, Judgement: j.Observation(&c)})
		}
	}
	slices.SortStableFunc(list, func(a, b Evidence) int { return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Check, b.Check)) })
	return list, nil
}
