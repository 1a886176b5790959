// Package dcerpc reads and writes the few connection-oriented DCE/RPC PDUs that take an inventory of an endpoint
// mapper: bind, bind_ack, bind_nak, fault, and the request and response of ept_lookup with all inquiries open.
//
// It follows C706 (DCE 1.1: RPC) chapters 12 and 14 and appendices L and O, and [MS-RPCE] §2.2.2. A receiver makes
// right: both byte orders are read (C706 §14.2.5), little-endian is written. Fragments are put together by
// [ReadResponse], bounded by [MaxStub]; entries are bounded by [MaxEntries].
//
// It knows no other operation of any interface. Above all it cannot map an endpoint: on Windows that question about
// the encrypting file system starts a service, and starting one is not ours to do. The interfaces it can name are
// never bound to.
package dcerpc
