// Package capacity says how many sockets may be open at once: as many as this process may have files, and no more than
// make a run faster. It opens none.
package capacity
