package web

import (
	"context"
	"net/http"

	"signet/internal/desk"
)

// addPolicies adds the routes of policies and exceptions.
func (s *Server) addPolicies() {
	d := s.c.Desk
	add(s, "GET /api/v1/policies", does{id: "list-policies", summary: "Policies that were made here"}, func(_ context.Context, in *Paging) (*listed[desk.Policy], error) {
		return page(in, d.OwnPolicies(), func(p *desk.Policy) string { return p.ID })
	})
	type newPolicy struct {
		Body struct {
			Name string `json:"name"`
			YAML string `json:"yaml"`
		}
	}
	add(s, "POST /api/v1/policies", does{id: "make-policy", summary: "Make a policy", status: http.StatusCreated, errors: []int{409, 413, 422}},
		func(ctx context.Context, in *newPolicy) (*made[desk.Policy], error) {
			p, err := d.CreatePolicy(ctx, act(ctx), in.Body.Name, in.Body.YAML)
			return &made[desk.Policy]{etag(p.Rev), base + "/policies/" + p.ID, p}, err
		})
	add(s, "GET /api/v1/policies/{id}", does{id: "read-policy", summary: "One policy, as its last version says"}, func(_ context.Context, in *Of) (*one[desk.Policy], error) {
		p, err := d.Policy(in.ID)
		return &one[desk.Policy]{etag(p.Rev), p}, err
	})
	type versions struct {
		Of
		Paging
	}
	add(s, "GET /api/v1/policies/{id}/versions", does{id: "list-policy-versions", summary: "All versions of a policy"}, func(ctx context.Context, in *versions) (*listed[desk.Policy], error) {
		list, err := d.PolicyVersions(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, notFound()
		}
		key := func(p *desk.Policy) string { return number(uint64(p.Version)) }
		sortBy(list, key)
		return page(&in.Paging, list, key)
	})
	type policyChange struct {
		Change
		Body struct {
			YAML string `json:"yaml"`
		}
	}
	add(s, "PATCH /api/v1/policies/{id}", does{id: "change-policy", summary: "Write the next version of a policy", errors: []int{409, 412, 413, 422}},
		func(ctx context.Context, in *policyChange) (*one[desk.Policy], error) {
			was, err := in.was()
			if err != nil {
				return nil, err
			}
			p, err := d.ChangePolicy(ctx, act(ctx), in.ID, was, in.Body.YAML)
			err = s.refresh(ctx, err)
			return &one[desk.Policy]{etag(p.Rev), p}, err
		})
	add(s, "DELETE /api/v1/policies/{id}", does{id: "remove-policy", summary: "Remove a policy that nothing is judged by", status: http.StatusNoContent, errors: []int{409, 412}}, removal(d.RemovePolicy))
	s.addPreviews()
	s.addExceptions()
}

// terms are those of a scope, as they are sent.
type terms []string

func (s *Server) addExceptions() {
	d := s.c.Desk
	add(s, "GET /api/v1/exceptions", does{id: "list-exceptions", summary: "Exceptions: proposed, in force or past"}, func(ctx context.Context, in *Paging) (*listed[desk.Exception], error) {
		return page(in, d.Exceptions(who(ctx)), func(e *desk.Exception) string { return e.ID })
	})
	type newException struct {
		Body struct {
			Rule   string `json:"rule" doc:"or *"`
			Scope  terms  `json:"scope,omitempty" doc:"terms as in a policy; none: everywhere"`
			Site   string `json:"site,omitempty" doc:"ID or name of the one whose findings alone it covers; none: of any. Who is limited to sites names one of them"`
			Owner  string `json:"owner" doc:"who answers for it"`
			Reason string `json:"reason"`
			Until  string `json:"until" format:"date" doc:"its last day"`
		}
	}
	add(s, "POST /api/v1/exceptions", does{id: "propose-exception", summary: "Propose an exception; an admin's is approved", status: http.StatusCreated, errors: []int{409, 422}},
		func(ctx context.Context, in *newException) (*made[desk.Exception], error) {
			e, err := d.ProposeException(ctx, act(ctx), desk.Exception{Rule: in.Body.Rule, Scope: desk.Terms(in.Body.Scope), Site: in.Body.Site, Owner: in.Body.Owner, Reason: in.Body.Reason, Until: in.Body.Until})
			err = s.refresh(ctx, err)
			return &made[desk.Exception]{etag(e.Rev), base + "/exceptions/" + e.ID, e}, err
		})
	add(s, "GET /api/v1/exceptions/{id}", does{id: "read-exception", summary: "One exception"}, func(ctx context.Context, in *Of) (*one[desk.Exception], error) {
		e, err := d.Exception(who(ctx), in.ID)
		return &one[desk.Exception]{etag(e.Rev), e}, err
	})
	type exceptionChange struct {
		Change
		Body struct {
			Rule   *string              `json:"rule,omitempty"`
			Scope  *terms               `json:"scope,omitempty"`
			Site   *string              `json:"site,omitempty" doc:"empty: of any"`
			Owner  *string              `json:"owner,omitempty"`
			Reason *string              `json:"reason,omitempty"`
			Until  *string              `json:"until,omitempty" format:"date"`
			State  *desk.ExceptionState `json:"state,omitempty" enum:"proposed,approved"`
		}
	}
	add(s, "PATCH /api/v1/exceptions/{id}", does{id: "change-exception", summary: "Change or approve an exception", errors: []int{409, 412, 422}},
		func(ctx context.Context, in *exceptionChange) (*one[desk.Exception], error) {
			was, err := in.was()
			if err != nil {
				return nil, err
			}
			e, err := d.ChangeException(ctx, act(ctx), in.ID, was, desk.ExceptionChange{
				Rule: in.Body.Rule, Scope: (*desk.Terms)(in.Body.Scope), Site: in.Body.Site, Owner: in.Body.Owner, Reason: in.Body.Reason, Until: in.Body.Until, State: in.Body.State})
			err = s.refresh(ctx, err)
			return &one[desk.Exception]{etag(e.Rev), e}, err
		})
	add(s, "DELETE /api/v1/exceptions/{id}", does{id: "remove-exception", summary: "Remove an exception, or take a proposal back", status: http.StatusNoContent, errors: []int{412}}, s.shownRemoval(d.RemoveException))
}
