// Package fix writes scripts that close findings, for somebody to read and run: PowerShell, an Ansible playbook, a .reg
// file, lines of smb.conf, a table. Each keeps one order: audit who would break, enforce, verify, roll back.
//
// It is pure and executes nothing. What a host calls itself stands in a script only where it is a host name in form, so
// that no peer writes a line of it. The settings are those of each rule's advice; where a rule has no setting that a
// script can make, the script says so and names the advice.
package fix
