//go:build linux

package main

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"time"
)

// What an endpoint mapper answers to a bind (Samba 4.17), and that it refuses a call, each but for the number of the call. A question is
// one connection with two turns, the cheapest that there is: it is the store and the server that are measured.
const (
	bindAck = "05000c03100000003c00000000000000d016d016e8ff000004003133350000000100000000000000045d888aeb1cc9119fe808002b10486002000000"
	fault   = "0500030310000000200000000000000000000000000000000500000000000000"
)

// answerRPC answers as an endpoint mapper on every address that it is reached by.
func answerRPC(addr string) error {
	var answers [2][]byte
	for i, text := range []string{bindAck, fault} {
		var err error
		if answers[i], err = hex.DecodeString(text); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go answerOne(c, answers)
	}
}

// answerOne holds one conversation: what comes is fragments with their length in octets 8 and 9, the call's number from 12 on.
func answerOne(c net.Conn, answers [2][]byte) {
	defer c.Close()
	if c.SetDeadline(time.Now().Add(time.Minute)) != nil {
		return
	}
	var head [16]byte
	var rest [1 << 16]byte
	for {
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		length := int(binary.LittleEndian.Uint16(head[8:]))
		if length < len(head) {
			return
		}
		if _, err := io.ReadFull(c, rest[:length-len(head)]); err != nil {
			return
		}
		answer := append([]byte(nil), answers[1]...)
		if head[2] == 11 { // a bind
			answer = append([]byte(nil), answers[0]...)
		}
		copy(answer[12:16], head[12:16])
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}
