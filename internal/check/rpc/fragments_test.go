package rpc

import (
	"testing"

	"signet/internal/check/checktest"
	"signet/internal/wire/dcerpc"
)

// Fragments that arrive together are read together: nobody calls again for what was left.
func TestFragmentsInOneRead(t *testing.T) {
	v := &conversation{}
	if _, err := v.Next(nil, false); err != nil {
		t.Fatal(err)
	}
	if step, err := v.Next(checktest.Hex(t, ackOK), false); err != nil || step.Send == nil {
		t.Fatalf("after the bind: %+v, %v", step, err)
	}
	answer := dcerpc.AppendResponse(nil, v.call, listing(t, 1, 0, "e3514235-4b06-11d1-ab04-00c04fc2dcd2"), 40)
	if first, err := dcerpc.Size(answer); err != nil || first == len(answer) {
		t.Fatalf("the answer is one fragment of %d bytes (%v)", first, err)
	}
	step, err := v.Next(answer, false)
	if err != nil || step.Consumed != len(answer) || !v.looked {
		t.Fatalf("consumed %d of %d, looked %v, %v", step.Consumed, len(answer), v.looked, err)
	}
}
