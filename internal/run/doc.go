// Package run is one run, from what was ordered to what is reported: a scan, a reading of files, a run that is judged
// again, two that are compared. It puts the rooms of the lower floors together for whoever has something to order: a
// command line today, a schedule or an API call tomorrow.
//
// It takes what it needs as values (Env, Order, a report.Handler, a store) and gives values and errors back. It knows no
// flag, prints nothing, hears no signal, decides no exit code and changes nothing of the process, so that several runs go
// on in one process and share nothing but what they are given.
package run
