// Package postgres keeps runs in a PostgreSQL database of version 12 or later, in the first schema of the connection's
// search path. Rows enter by COPY. It implements store.Store and store.Desk and decides nothing that the contract decides.
package postgres
