// Package mssql asks a SQL Server (1433/tcp, the ports of named instances) whether it takes Windows authentication
// by NTLM, what it calls itself, and how it encrypts; and a SQL Server Browser (1434/udp) which instances there are.
//
// It follows MS-TDS: PRELOGIN (2.2.6.5), TLS inside TDS (3.2.5.2), LOGIN7 with a type 1 as its integrated-security
// token (2.2.6.4), and TDS 8.0, where TLS comes first. It stops at the server's CHALLENGE: no account is named and
// no logon is judged.
//
// Extended Protection decides whether NTLM can be relayed, and without a valid account it cannot be seen: a server
// answers a wrong account the same way with and without it. So a server that takes NTLM is undetermined here, and
// encryption, even forced, is no guard: a relayer ends TLS himself.
package mssql
