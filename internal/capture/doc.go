// Package capture reads packet captures and hands what it reassembles to the checks' observers: the same facts and
// judgements as a scan, without a packet sent. It also notes who authenticates with NTLM to whom, and never keeps what
// could be cracked or replayed: an AUTHENTICATE message is read for its names and flags, and dropped.
//
// It reads pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng) as streams, in bounded memory. What
// is lost, cut or damaged becomes less knowledge, never other knowledge. It does not decrypt anything, and keeps of
// each direction of a connection only what authentication takes.
package capture
