// Package queue keeps what the event loop has to remember: rings, tables and time-outs that grow as needed, are used again
// and allocate nothing for an entry. It knows nothing of what stands in them, and reads no clock.
package queue
