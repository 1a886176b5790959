// Package courier carries the audit log to a syslog as well. What is stored is the truth: it remembers which entry was taken last, over the
// end of the process too, and what could not be sent is sent later, in order. Nobody waits for it, and it decides nothing.
package courier
