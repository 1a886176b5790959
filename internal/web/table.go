package web

import "signet/internal/desk"

// route is who may call an operation, and how much they may send.
type route struct {
	pattern string      // of http.ServeMux: method and path
	open    bool        // whoever has no session may call it too
	action  desk.Action // that others need to be allowed
	body    int64       // most bytes that are read of a request; 0: mostBody
}

const (
	mostBody   = 1 << 20
	mostPolicy = 3 << 19 // a policy of 1 MiB, as JSON writes it
	mostImport = 1 << 30
)

// base is what the paths of the API begin with.
const base = "/api/v1"

// routes is the table of the API: what does not stand in it is answered to nobody. Where an action is one at a site, whoever is limited to
// sites passes here, and the handler asks again once it knows the site.
func routes() []route {
	return []route{
		{pattern: "GET /api/v1/openapi.json", open: true},
		{pattern: "GET /api/v1/docs", action: desk.Look},
		{pattern: "POST /api/v1/setup", open: true},
		{pattern: "POST /api/v1/session", open: true},
		{pattern: "GET /api/v1/session", action: desk.Look},
		{pattern: "DELETE /api/v1/session", action: desk.Self},

		{pattern: "POST /api/v1/me/password", action: desk.Self},
		{pattern: "GET /api/v1/me/sessions", action: desk.Self},
		{pattern: "DELETE /api/v1/me/sessions/{id}", action: desk.Self},

		{pattern: "GET /api/v1/users", action: desk.Inspect},
		{pattern: "POST /api/v1/users", action: desk.Administer},
		{pattern: "GET /api/v1/users/{id}", action: desk.Inspect},
		{pattern: "PATCH /api/v1/users/{id}", action: desk.Administer},
		{pattern: "DELETE /api/v1/users/{id}", action: desk.Administer},
		{pattern: "DELETE /api/v1/users/{id}/sessions", action: desk.Administer},
		{pattern: "DELETE /api/v1/users/{id}/name", action: desk.Administer},

		{pattern: "GET /api/v1/tokens", action: desk.Inspect},
		{pattern: "POST /api/v1/tokens", action: desk.Administer},
		{pattern: "GET /api/v1/tokens/{id}", action: desk.Inspect},
		{pattern: "PATCH /api/v1/tokens/{id}", action: desk.Administer},
		{pattern: "DELETE /api/v1/tokens/{id}", action: desk.Administer},

		{pattern: "GET /api/v1/sites", action: desk.Look},
		{pattern: "POST /api/v1/sites", action: desk.Arrange},
		{pattern: "GET /api/v1/sites/{id}", action: desk.Look},
		{pattern: "PATCH /api/v1/sites/{id}", action: desk.Arrange},
		{pattern: "DELETE /api/v1/sites/{id}", action: desk.Arrange},

		{pattern: "GET /api/v1/schedules", action: desk.Look},
		{pattern: "POST /api/v1/schedules", action: desk.Launch},
		{pattern: "GET /api/v1/schedules/{id}", action: desk.Look},
		{pattern: "PATCH /api/v1/schedules/{id}", action: desk.Launch},
		{pattern: "DELETE /api/v1/schedules/{id}", action: desk.Launch},

		{pattern: "GET /api/v1/channels", action: desk.Inspect},
		{pattern: "POST /api/v1/channels", action: desk.Administer},
		{pattern: "GET /api/v1/channels/{id}", action: desk.Inspect},
		{pattern: "PATCH /api/v1/channels/{id}", action: desk.Administer},
		{pattern: "DELETE /api/v1/channels/{id}", action: desk.Administer},
		{pattern: "POST /api/v1/channels/{id}/test", action: desk.Administer},
		{pattern: "GET /api/v1/channels/{id}/messages", action: desk.Inspect},

		{pattern: "GET /api/v1/policies", action: desk.Inspect},
		{pattern: "POST /api/v1/policies", action: desk.Administer, body: mostPolicy},
		{pattern: "GET /api/v1/policies/{id}", action: desk.Inspect},
		{pattern: "GET /api/v1/policies/{id}/versions", action: desk.Inspect},
		{pattern: "GET /api/v1/policies/{id}/diff", action: desk.Inspect},
		{pattern: "POST /api/v1/policies/preview", action: desk.Administer, body: mostPolicy},
		{pattern: "POST /api/v1/policies/{id}/preview", action: desk.Administer, body: mostPolicy},
		{pattern: "PATCH /api/v1/policies/{id}", action: desk.Administer, body: mostPolicy},
		{pattern: "DELETE /api/v1/policies/{id}", action: desk.Administer},

		{pattern: "GET /api/v1/exceptions", action: desk.Look},
		{pattern: "POST /api/v1/exceptions", action: desk.Propose},
		{pattern: "GET /api/v1/exceptions/{id}", action: desk.Look},
		{pattern: "PATCH /api/v1/exceptions/{id}", action: desk.Propose},
		{pattern: "DELETE /api/v1/exceptions/{id}", action: desk.Propose},

		{pattern: "GET /api/v1/owners", action: desk.Look},
		{pattern: "PUT /api/v1/owners", action: desk.Arrange},
		{pattern: "POST /api/v1/owners/preview", action: desk.Arrange},

		{pattern: "GET /api/v1/tables/sites", action: desk.Look},
		{pattern: "PUT /api/v1/tables/sites", action: desk.Arrange, body: mostTable},
		{pattern: "POST /api/v1/tables/sites/preview", action: desk.Arrange, body: mostTable},
		{pattern: "GET /api/v1/tables/exceptions", action: desk.Look},
		{pattern: "PUT /api/v1/tables/exceptions", action: desk.Propose, body: mostTable},
		{pattern: "POST /api/v1/tables/exceptions/preview", action: desk.Propose, body: mostTable},
		{pattern: "GET /api/v1/tables/findings", action: desk.Look},
		{pattern: "PUT /api/v1/tables/findings", action: desk.Work, body: mostTable},
		{pattern: "POST /api/v1/tables/findings/preview", action: desk.Work, body: mostTable},

		{pattern: "GET /api/v1/audit", action: desk.Inspect},
		{pattern: "GET /api/v1/settings", action: desk.Inspect},
		{pattern: "PATCH /api/v1/settings", action: desk.Administer},

		{pattern: "GET /api/v1/overview", action: desk.Look},
		{pattern: "GET /api/v1/paths", action: desk.Look},
		{pattern: "GET /api/v1/findings", action: desk.Look},
		{pattern: "PATCH /api/v1/findings", action: desk.Work},
		{pattern: "GET /api/v1/findings/{id}", action: desk.Look},
		{pattern: "PATCH /api/v1/findings/{id}", action: desk.Work},
		{pattern: "POST /api/v1/findings/{id}/verify", action: desk.Launch},
		{pattern: "GET /api/v1/fixes", action: desk.Look},
		{pattern: "GET /api/v1/fixes/{id}", action: desk.Look},
		{pattern: "GET /api/v1/fixes/{id}/script", action: desk.Look},
		{pattern: "GET /api/v1/fixes/{id}/impact", action: desk.Look},
		{pattern: "GET /api/v1/hosts", action: desk.Look},
		{pattern: "GET /api/v1/hosts/{id}", action: desk.Look},
		{pattern: "GET /api/v1/hosts/{id}/evidence", action: desk.Look},
		{pattern: "GET /api/v1/hosts/{id}/timeline", action: desk.Look},

		{pattern: "GET /api/v1/sample", action: desk.Look},
		{pattern: "POST /api/v1/sample", action: desk.Import},
		{pattern: "DELETE /api/v1/sample", action: desk.Import},

		{pattern: "GET /api/v1/runs", action: desk.Look},
		{pattern: "POST /api/v1/runs/import", action: desk.Import, body: mostImport},
		{pattern: "GET /api/v1/runs/{id}", action: desk.Look},
		{pattern: "GET /api/v1/runs/{id}/report", action: desk.Look},
		{pattern: "GET /api/v1/diff", action: desk.Look},
		{pattern: "GET /api/v1/changes", action: desk.Look},

		{pattern: "GET /api/v1/jobs", action: desk.Look},
		{pattern: "POST /api/v1/jobs", action: desk.Launch},
		{pattern: "DELETE /api/v1/jobs", action: desk.Launch},
		{pattern: "GET /api/v1/jobs/{id}", action: desk.Look},
		{pattern: "GET /api/v1/jobs/{id}/events", action: desk.Look},
		{pattern: "DELETE /api/v1/jobs/{id}", action: desk.Launch},
	}
}

// allowed tells whether somebody may call a route at all: everywhere, or at the sites that they are limited to.
func (r *route) allowed(w desk.Who) bool {
	return desk.AllowSomewhere(w, r.action)
}
