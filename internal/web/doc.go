// Package web answers HTTP: the API below /api/v1, the stream of a job, metrics and health, and the way to the pages.
//
//	server.go     the handler of all               table.go       who may do what, route by route
//	gate.go       who asks, before what is asked   once.go        calls that are made twice
//	api.go        how a route becomes an operation of the API and of its OpenAPI
//	problem.go    errors                           list.go        pages of lists, revisions
//	session.go …  the routes, a file for each of their subjects
//
// It decides nothing: what may be done desk.Allow says, runs are package hub's, what may connect is package front's. A route answers nobody
// who may not ask it, and looks at nothing of a request before that is known. It starts no scan past the hub and speaks no NTLM.
package web
