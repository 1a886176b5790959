package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// shortage is a machine that lacks something: a shell's words before the scan, in the test's own network or in one that
// is made for it, and what must come of it.
type shortage struct {
	name, before string
	alone        bool     // in a network namespace of its own
	args         []string // targets and flags besides
	want         map[string]int
	warned       string // said at the start
	text         string // of the errors
}

func shortages(port int, live string) []shortage {
	ask := func(targets string) []string {
		return []string{"--checks", "smb", "--ports", fmt.Sprintf("smb=%d", port), "--quick", targets}
	}
	var list []shortage
	for _, n := range []int{12, 13, 14, 16, 20, 24, 32, 48, 64, 128, 256} {
		list = append(list, shortage{name: fmt.Sprintf("%d files", n), before: fmt.Sprintf("ulimit -n %d", n), args: ask(live),
			want: map[string]int{"answered": 64}, warned: fmt.Sprintf("only %d files may be open at once (ulimit -n)", n)})
	}
	list = append(list,
		shortage{name: "32 files, of which others are used up", before: "ulimit -n 32; exec 3</dev/null 4<&3 5<&3 6<&3 7<&3 8<&3 9<&3", args: ask(live),
			want: map[string]int{"answered": 64}, warned: "only 32 files"},
		shortage{name: "--in-flight above what files there are", before: "ulimit -n 24", args: append(ask(live), "--in-flight", "1000"),
			want: map[string]int{"answered": 64}, warned: "only 24 files"},
		shortage{name: "24 files, whole SMB check with a store", before: "ulimit -n 24", args: []string{"--checks", "smb", "--ports", fmt.Sprintf("smb=%d", port), "--store", "sqlite:runs.db", live},
			want: map[string]int{"answered": 64}, warned: "only 24 files"},
	)
	alone := func(name, before, target string, want map[string]int, text string, flags ...string) {
		list = append(list, shortage{name: name, before: before, alone: true, args: append(ask(target), flags...), want: want, text: text})
	}
	skipped, fault := map[string]int{"skipped": 4}, map[string]int{"fault": 4}
	alone("no route", "true", "10.9.0.0/30", skipped, "")
	alone("no route but to this machine", "ip link set lo up", "10.9.0.0/30", skipped, "")
	alone("no route for IPv6", "ip link set lo up", "2001:db8::/126", skipped, "")
	alone("an unreachable route", "ip link set lo up; ip route add unreachable 10.9.0.0/16", "10.9.0.0/30", skipped, "")
	alone("a black hole", "ip link set lo up; ip route add blackhole 10.9.0.0/16", "10.9.0.0/30", skipped, "")
	alone("a route that is forbidden", "ip link set lo up; ip route add prohibit 10.9.0.0/16", "10.9.0.0/30", fault, "permission denied")
	alone("a forbidden route for IPv6", "ip link set lo up; ip -6 route add prohibit 2001:db8::/64 dev lo", "2001:db8::/126", fault, "permission denied")
	alone("no local port is left", "ip link set lo up; sysctl -qw net.ipv4.ip_local_port_range='40000 40001' net.ipv4.ip_local_reserved_ports=40000-40001", "127.0.0.0/30", fault, "cannot assign requested address")
	alone("two local ports", "ip link set lo up; sysctl -qw net.ipv4.ip_local_port_range='40000 40001'", "127.0.0.0/28", map[string]int{"refused": 16}, "")
	alone("no right to raw packets", "ip link set lo up; setpriv --bounding-set -net_raw true", "127.0.0.0/30", map[string]int{"refused": 4}, "", "--discover", "syn")
	alone("the link is down", "ip link add va type veth peer name vb; ip addr add 10.9.0.1/24 dev va", "10.9.0.4/30", skipped, "")
	const link = "ip link add va type veth peer name vb; ip addr add 10.9.0.1/24 dev va; ip link set va up; ip link set vb up"
	alone("a broadcast address is nobody's", link, "10.9.0.255", map[string]int{"silent": 1}, "", "--discover", "connect")
	alone("addresses that nobody has", link, "10.9.0.4/30", map[string]int{"silent": 4}, "", "--discover", "connect")
	return list
}

// What this machine lacks is never a peer's silence: it is waited out or worked around where that is possible, and is
// named where it is not.
func TestShortage(t *testing.T) {
	if os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("CI must be root: network namespaces need it")
		}
		t.Skip("network namespaces need root")
	}
	s := keepLedger(t, 0)
	bin := built(t)
	for _, c := range shortages(s.port, "127.46.0.0/26") {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			words := []string{"exec", bin, "scan", "--no-progress", "--all", "--timeout", "500ms", "-o", "jsonl"}
			if !strings.Contains(strings.Join(c.args, " "), "--store") {
				words = append(words, "--store", "none")
			}
			words = append(words, c.args...)
			script := c.before + "\n" + strings.Join(words, " ")
			cmd := exec.CommandContext(ctx, "sh", "-c", script)
			if c.alone {
				cmd = exec.CommandContext(ctx, "unshare", "-n", "sh", "-c", script)
			}
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+os.DevNull, "XDG_STATE_HOME="+t.TempDir())
			var out, said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &said
			err := cmd.Run()
			if _, exited := err.(*exec.ExitError); err != nil && !exited {
				t.Fatal(err)
			}
			got, ended := map[string]int{}, false
			for line := range bytes.Lines(out.Bytes()) {
				var l struct {
					Kind, Outcome string
					Warnings      []string
					Error         struct{ Text string }
				}
				if err := json.Unmarshal(line, &l); err != nil {
					t.Fatalf("%v: %s", err, line)
				}
				switch l.Kind {
				case "run":
					if !strings.Contains(strings.Join(l.Warnings, "\n"), c.warned) {
						t.Errorf("warnings %q", l.Warnings)
					}
				case "endpoint":
					got[l.Outcome]++
					if !strings.Contains(l.Error.Text, c.text) {
						t.Errorf("error %q", l.Error.Text)
					}
				case "summary":
					ended = true
				}
			}
			if !ended || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("outcomes %v, want %v; %v\n%s", got, c.want, err, said.Bytes())
			}
			code := 0
			if got["fault"]+got["skipped"] > 0 { // hosts are missing whole
				code = 1
			}
			if cmd.ProcessState.ExitCode() != code {
				t.Errorf("exit code %d, want %d", cmd.ProcessState.ExitCode(), code)
			}
		})
	}
}
