// Package owner says whose a host is, by rules that people keep: a subnet, a name, a pattern of names or a tag of a policy, and an owner. It does
// not know who owns a finding by somebody's word: that goes before any rule.
package owner
