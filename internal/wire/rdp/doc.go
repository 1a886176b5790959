// Package rdp reads and appends what a Remote Desktop server says before it shows anything: the X.224 connection
// request and confirm with their security negotiation (MS-RDPBCGR 2.2.1.1 and 2.2.1.2, framed by TPKT, RFC 1006 §6),
// and the CredSSP TSRequest (MS-CSSP 2.2.1) as far as it carries NTLM tokens and a status.
//
// It does not go on to MCS, has no field for a user name, a cookie of an account, credentials (authInfo) or a key
// proof (pubKeyAuth), opens nothing and keeps no state; what a parser returns may point into its input.
package rdp
