package rpc

import "signet/internal/check"

func nmap(uint16, *Facts) check.Nmap { return check.Nmap{Service: "msrpc"} }
