// Package tds reads and appends the few messages of the Tabular Data Stream protocol (MS-TDS) that come before a
// login is judged: PRELOGIN, LOGIN7 with an integrated-security token, the login part of the token stream, the TLS
// handshake wrapped in PRELOGIN packets, and the SQL Server Browser's answer (MC-SQLR).
//
// It follows MS-TDS 2.2.3 (packets), 2.2.6.4 (LOGIN7), 2.2.6.5 (PRELOGIN) and 2.2.7 (tokens), and MC-SQLR 2.2.
// It does not speak SQL, has no message that carries a password or an AUTHENTICATE, and knows nothing of columns
// and rows: a token that cannot stand in a login answer is an error. It opens nothing and keeps no state; what a
// parser returns may point into its input.
package tds
