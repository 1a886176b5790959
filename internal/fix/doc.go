// Package fix writes scripts that close findings, for somebody to read and run: PowerShell, an Ansible playbook, a .reg
// file, lines of smb.conf, a table. Each keeps one order: audit who would break, enforce, verify, roll back. It also says
// which hosts of a run a fix would break. What a rule's script does and whom it breaks is said by the rule itself
// (check.Rule.Recipe and Breaks); where a rule has no setting that a script can make, the script says so and names the
// advice.
//
// It is pure and executes nothing. Scripts lead to the address that was asked, or to the name that the user typed if it
// led to no other address: what a host calls itself, anybody can call itself. That name stands in comments alone, and
// only where it is a host name in form, so that no peer writes a line of a script.
package fix
