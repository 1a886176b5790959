// Package run is one run, from what was ordered to what is reported: a scan, a reading of files, a run that is judged
// again, two that are compared. It puts the rooms of the lower floors together for whoever has something to order: a
// command line, a schedule, an API call.
//
//	order.go    what is to be asked and shown, as data       flags.go     an order as older versions stored it
//	scan.go     prepare, begin, ask, end                     resume.go    a run that is gone on with
//	gather.go   files and runs, read into one run            files.go, results.go   what is in a file
//	replay.go   a run that is known, judged again            compare.go   two of them
//	sink.go     each observation judged and reported         hosts.go     and folded into hosts and paths
//	record.go   and stored                                   stored.go    the runs of a store
//
// It may touch every room below it, files that an order names, and the store it is handed. It knows no flag and prints
// nothing, hears no signal, decides no exit code and changes nothing of the process: several runs go on at once in one
// process and share only what they are given. Errors of an order are *OrderError and name the field.
package run
