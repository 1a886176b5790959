package fix

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"signet/internal/check"
	"signet/internal/text"
)

// yaml quotes a text; in single quotes nothing is special but the quote.
func yaml(s string) string { return "'" + strings.ReplaceAll(text.OneLine(s), "'", "''") + "'" }

// group is a rule as a name of an Ansible group.
func group(rule string) string { return "signet_" + strings.ReplaceAll(rule, "-", "_") }

func (p *Plan) ansible(b *bytes.Buffer) {
	b.WriteString("---\n")
	for _, h := range p.heads() {
		fmt.Fprintf(b, "# %s\n", h)
	}
	b.WriteString(`# ansible-playbook fix.yml --tags audit     then enforce, verify, rollback. Without --tags nothing is changed.
# Connection variables for Windows (ansible_connection: winrm or psrp) come from your own inventory.
# A host without a name is an address here: Kerberos and certificates want names, so map it to one in your inventory
# (ansible_host), once you know whose it is.
# It takes the collection ansible.windows. Rolling back sets what "previous" says: fill it in from the audit.
`)
	jobs := p.jobs(true)
	b.WriteString("- name: 'The hosts that break a rule'\n  hosts: localhost\n  gather_facts: false\n  tags: [always]\n  tasks:\n")
	none := true
	for _, j := range jobs {
		for _, n := range j.notes {
			fmt.Fprintf(b, "    # %s: %s\n", j.rule, n)
		}
		if len(j.hosts) == 0 || !j.scripted() {
			if !j.scripted() {
				fmt.Fprintf(b, "    # %s: no script closes it on Windows: signet explain %s\n", j.rule, j.rule)
			}
			continue
		}
		none = false
		fmt.Fprintf(b, "    - name: %s\n      ansible.builtin.add_host:\n        name: '{{ item }}'\n        groups: [%s]\n      changed_when: false\n      loop:\n", yaml("Hosts for "+j.rule), group(j.rule))
		for _, h := range j.hosts {
			fmt.Fprintf(b, "        - %s%s\n", yaml(h.at()), aside(h.about()))
		}
	}
	if none {
		b.WriteString("    - name: 'Nothing to do'\n      ansible.builtin.debug:\n        msg: 'No host of the run needs this, or no script closes it.'\n")
		return
	}
	for _, step := range []string{"audit", "enforce", "verify", "rollback"} {
		for _, j := range jobs {
			if len(j.hosts) == 0 || !j.scripted() {
				continue
			}
			p.play(b, &j, step)
		}
	}
}

func (p *Plan) play(b *bytes.Buffer, j *job, step string) {
	fmt.Fprintf(b, "\n- name: %s\n  hosts: %s\n  gather_facts: false\n", yaml(step+" "+j.rule), group(j.rule))
	if step == "rollback" && len(j.Enforce) > 0 {
		b.WriteString("  vars:\n    previous: {}   # NAME: value as the audit showed it; a name that is not here is removed\n")
	}
	fmt.Fprintf(b, "  tags: [never, %s]\n  tasks:\n", step)
	if step == "enforce" && j.Note != "" {
		fmt.Fprintf(b, "    # %s\n", j.Note)
	}
	shell := func(name, command string) {
		fmt.Fprintf(b, "    - name: %s\n      ansible.windows.win_shell: %s\n", yaml(name), yaml(command))
	}
	regedit := func(s check.Setting) {
		fmt.Fprintf(b, "    - name: %s\n      ansible.windows.win_regedit:\n        path: %s\n        name: %s\n        data: %d\n        type: dword\n",
			yaml(fmt.Sprintf("%s = %d", s.Name, s.Value)), yaml(`HKLM:\`+s.Key), yaml(s.Name), s.Value)
	}
	wrote := false
	switch step {
	case "audit":
		for _, s := range j.Enforce {
			shell("What "+s.Name+" is now", fmt.Sprintf("Get-ItemProperty -Path 'HKLM:\\%s' | Select-Object '%s'", s.Key, s.Name))
			wrote = true
		}
		for _, s := range j.Audit {
			regedit(s)
			wrote = true
		}
		for _, c := range j.AuditCommands {
			shell("Audit", c.Do)
			wrote = true
		}
		if j.Watch != "" {
			fmt.Fprintf(b, "    - name: 'Then watch'\n      ansible.builtin.debug:\n        msg: %s\n", yaml(j.Watch))
			wrote = true
		}
	case "enforce":
		for _, s := range j.Enforce {
			regedit(s)
		}
		for _, c := range j.Commands {
			shell("Enforce", c.Do)
		}
		if j.Restart != "" {
			fmt.Fprintf(b, "    - name: 'Then restart'\n      ansible.builtin.debug:\n        msg: %s\n", yaml(j.Restart))
		}
		wrote = true
	case "verify":
		for _, v := range j.Verify {
			shell("Verify", v)
			wrote = true
		}
	case "rollback":
		for _, s := range j.Enforce {
			fmt.Fprintf(b, "    - name: %s\n      ansible.windows.win_regedit:\n        path: %s\n        name: %s\n        data: \"{{ previous[%s] | default(omit) }}\"\n        type: dword\n        state: \"{{ 'present' if %s in previous else 'absent' }}\"\n",
				yaml("Put "+s.Name+" back"), yaml(`HKLM:\`+s.Key), yaml(s.Name), yaml(s.Name), yaml(s.Name))
			wrote = true
		}
		for _, c := range append(append([]check.Command{}, j.Commands...), j.AuditCommands...) {
			if c.Undo != "" {
				shell("Roll back", c.Undo)
				wrote = true
			}
		}
	}
	if !wrote {
		b.WriteString("    - name: 'Nothing to do'\n      ansible.builtin.debug:\n        msg: 'Nothing to do in this step.'\n")
	}
}

// reg is a file for regedit. A .reg file has one step, which is to enforce; the other steps stand in comments.
func (p *Plan) reg(b *bytes.Buffer) {
	b.WriteString("Windows Registry Editor Version 5.00\r\n\r\n")
	say := func(format string, args ...any) { fmt.Fprintf(b, "; "+format+"\r\n", args...) }
	for _, h := range p.heads() {
		say("%s", h)
	}
	say("Importing this file is the step enforce. Export the keys first: that export is the way back.")
	for _, j := range p.jobs(true) {
		b.WriteString("\r\n")
		say("%s: %s", j.rule, hostsOf(&j))
		for _, n := range j.notes {
			say("%s", n)
		}
		for _, s := range j.Audit {
			say("audit: [HKEY_LOCAL_MACHINE\\%s] \"%s\"=dword:%08x", s.Key, s.Name, s.Value)
		}
		if j.Watch != "" {
			say("audit, then watch: %s", j.Watch)
		}
		for _, s := range j.Enforce {
			fmt.Fprintf(b, "[HKEY_LOCAL_MACHINE\\%s]\r\n\"%s\"=dword:%08x\r\n", s.Key, s.Name, s.Value)
		}
		if len(j.Enforce) == 0 {
			say("no value of the registry closes it: signet explain %s", j.rule)
		}
		for _, v := range j.Verify {
			say("verify: %s", v)
		}
		for _, s := range j.Enforce {
			say("roll back, where it was not there before: [HKEY_LOCAL_MACHINE\\%s] \"%s\"=-", s.Key, s.Name)
		}
		if j.Note != "" {
			say("%s", j.Note)
		}
	}
}

func hostsOf(j *job) string {
	if len(j.hosts) == 0 {
		return "no host of the run breaks it"
	}
	var list []string
	for _, h := range j.hosts {
		text := h.at()
		if about := h.about(); about != "" {
			text += " (" + about + ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// aside is a comment at the end of a line, where there is anything to say.
func aside(text string) string {
	if text == "" {
		return ""
	}
	return "   # " + text
}

func (p *Plan) smbconf(b *bytes.Buffer) {
	for _, h := range p.heads() {
		fmt.Fprintf(b, "# %s\n", h)
	}
	b.WriteString("# Audit: `smbstatus` lists sessions with their signing and dialect; keep a copy of smb.conf, it is the way back.\n")
	wrote := map[string]bool{}
	global := false
	for _, j := range p.jobs(false) {
		fmt.Fprintf(b, "\n# %s: %s\n", j.rule, hostsOf(&j))
		for _, n := range j.notes {
			fmt.Fprintf(b, "# %s\n", n)
		}
		if len(j.Samba) == 0 {
			fmt.Fprintf(b, "# no line of smb.conf closes it: signet explain %s\n", j.rule)
			continue
		}
		if !global {
			b.WriteString("[global]\n")
			global = true
		}
		for _, q := range j.Samba {
			if !wrote[q.Name] {
				fmt.Fprintf(b, "\t%s = %s\n", q.Name, q.Value)
				wrote[q.Name] = true
			}
		}
	}
	b.WriteString("\n# Enforce: testparm -s, then smbcontrol all reload-config; a domain controller is restarted.\n# Verify: testparm -sv, and signet scan again.\n# Roll back: put the copy of smb.conf back and reload.\n")
}

func (p *Plan) csv(b *bytes.Buffer) {
	w := csv.NewWriter(b)
	row := func(cells ...string) {
		for i, c := range cells {
			cells[i] = check.Defuse(text.OneLine(c))
		}
		w.Write(cells) // a buffer takes it
	}
	row("rule", "host", "address", "port", "where", "windows", "samba", "audit", "watch", "enforce", "restart", "verify", "rollback", "smb.conf", "note", "calls_itself")
	for i := range p.Targets {
		t := &p.Targets[i]
		r := p.recipe(t.Rule)
		var audit, enforce, rollback, samba []string
		for _, s := range r.Audit {
			audit = append(audit, setting(s))
		}
		for _, s := range r.Enforce {
			enforce, rollback = append(enforce, setting(s)), append(rollback, s.Name+" as it was")
		}
		for _, c := range r.AuditCommands {
			audit = append(audit, c.Do)
		}
		for _, c := range r.Commands {
			enforce, rollback = append(enforce, c.Do), append(rollback, c.Undo)
		}
		for _, q := range r.Samba {
			samba = append(samba, q.Name+" = "+q.Value)
		}
		row(t.Rule, t.host(), t.Addr.String(), strconv.Itoa(int(t.Port)), t.Where, t.Windows.String(), strconv.FormatBool(t.Samba), strings.Join(audit, "; "), r.Watch,
			strings.Join(enforce, "; "), r.Restart, strings.Join(r.Verify, "; "), strings.Join(rollback, "; "), strings.Join(samba, "; "), r.Note, named(t.Name))
	}
	w.Flush()
}

// recipe is the recipe of a rule of the plan, by its id.
func (p *Plan) recipe(rule string) check.Recipe {
	for _, r := range p.Rules {
		if r.ID == rule {
			return recipe(r)
		}
	}
	return check.Recipe{}
}

func setting(s check.Setting) string { return fmt.Sprintf(`HKLM\%s\%s = %d`, s.Key, s.Name, s.Value) }
