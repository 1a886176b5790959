// Package sweep finds the open ports of many addresses with SYNs of its own making, sent and read on raw sockets, some ten
// times as cheaply as connections could. It keeps nothing for an address but two bits a port, and those only while it
// waits for answers.
//
// It needs Linux, CAP_NET_RAW and a route by Ethernet-like interfaces; where it cannot sweep it says so, and package
// engine, which asks what was found, connects instead. Every packet asks the dial.Gate first. The package knows no check,
// and holds no connection: the kernel, which knows nothing of what a SYN opened, resets it.
package sweep
