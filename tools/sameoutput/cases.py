"""What is compared: each case is a command line, run in a folder of its own that holds the files it needs."""

import os
import re
import subprocess
from dataclasses import dataclass, field

SUFFIX = {"text": "txt", "markdown": "md", "opengraph": "json", "ocsf": "jsonl", "nmap": "xml", "junit": "xml", "list": "lst"}
FORMATS = "text jsonl json csv markdown html xlsx sarif ocsf opengraph nmap junit list".split()


@dataclass
class Case:
    name: str
    args: list
    files: dict = field(default_factory=dict)  # file in the folder -> path it is copied from, or bytes
    then: list = field(default_factory=list)  # command lines to run after it, in the same folder
    fresh: bool = False  # makes a run: its ID and times are new
    live: bool = False  # asks servers
    numbered: bool = False  # names in it are numbered as they come, in any order
    varies: bool = False  # says some things differently each time: BEFORE is run often enough to learn which


def outputs():
    """-o of every format, each into a file of the folder."""
    return [w for f in FORMATS for w in ("-o", f"{f}=out-{f}.{SUFFIX.get(f, f)}")]


def words(binary, *args):
    return subprocess.run([binary, *args], capture_output=True, text=True, check=False).stdout


def rules(binary):
    return re.findall(r"^  \w+ +([\w-]+) ", words(binary, "explain"), re.M)


def commands(binary, path=()):
    """Every command, found by its own help."""
    yield list(path)
    listed = words(binary, *path, "--help").partition("Available Commands:\n")[2].partition("\n\n")[0]
    for name in re.findall(r"^  ([\w-]+)", listed, re.M):
        if name != "help":
            yield from commands(binary, (*path, name))


def spoken(binary):
    """Help, explanations, lists: what needs neither network nor store."""
    for c in commands(binary):
        yield Case("help " + " ".join(c), [*c, "--help"])
    for shell in "bash zsh fish powershell".split():
        yield Case(f"completion {shell}", ["completion", shell])
    for args in (["version"], ["--version"], ["checks"], ["explain"], ["policy", "show"], []):
        yield Case(" ".join(args) or "no argument", args)
    checks = re.findall(r"^(\w+) ", words(binary, "checks"), re.M)
    paths = set(re.findall(r'"rule":"(path-[\w-]+)"', words(binary, "demo", "-o", "jsonl")))
    for rule in [*checks, *rules(binary), *sorted(paths), "no-such-rule"]:
        yield Case(f"explain {rule}", ["explain", rule])
    policies = re.findall(r"^(\w[\w-]*)", words(binary, "policy", "show"), re.M)
    for p in [*policies, "none"]:
        yield Case(f"policy show {p}", ["policy", "show", p])
    for p in policies:
        text = words(binary, "policy", "show", p).encode()
        yield Case(f"policy check {p}", ["policy", "check", "p.yaml"], {"p.yaml": text})
        yield Case(f"demo --policy {p}", ["demo", "--policy", p, *outputs()])
    bad = b"name: x\nversion: 1\nrules:\n  nothing: high\n  smb1-enabled: loud\nroles: 3\nmore: 1\n"
    yield Case("policy check of mistakes", ["policy", "check", "p.yaml"], {"p.yaml": bad})
    yield Case("demo", ["demo"])
    yield Case("demo --all in every format", ["demo", "--all", *outputs()])
    for f in FORMATS:
        yield Case(f"demo -o {f}", ["demo", "-o", f])
    yield Case("demo in colour", ["demo", "--color", "always", "-o", "text"])


def mistakes():
    for line in (
        "nonsense", "scan", "scan --nonsense 10.0.0.1", "scan 10.0.0.256", "scan 10.0.0.0/33", "scan --checks x 127.20.0.1", "scan --depth deep 127.20.0.1",
        "scan --rate -1 127.20.0.1", "scan --store what:x 127.20.0.1", "scan --ports smb=0 127.20.0.1", "scan --ports 1-70000 127.20.0.1",
        "scan -o nonsense 127.20.0.1", "scan -o text -o text 127.20.0.1", "scan -f missing.txt", "scan --exclude x/y 127.20.0.1", "scan --policy none.yaml 127.20.0.1",
        "scan --timeout 0s 127.20.0.1", "scan --resume latest", "scan --resume latest 127.20.0.1 --seed 4", "scan --fail-on loud 127.20.0.1", "scan 10.0.0.0/6",
        "scan --depth credential 127.20.0.1", "scan --color blue 127.20.0.1", "scan --http-paths missing 127.20.0.1", "scan --retries -1 127.20.0.1", "scan --in-flight -1 127.20.0.1",
        "read", "read missing", "read --merge latest", "read --policy x y", "report 2026", "report previous", "report a b", "diff", "diff a", "diff a b", "diff latest previous",
        "diff --fail-on x a b", "fix", "fix nothing", "fix smb1-enabled", "fix --format x smb1-enabled", "impact", "impact x", "runs show", "runs show x", "runs delete",
        "runs delete x", "runs prune", "runs prune --keep -2", "runs prune --older-than 3x", "runs export", "runs export x", "runs import", "runs import missing", "runs -o csv",
        "targets", "targets 10.0.0.1/x", "explain a b", "policy check", "policy check missing", "policy init", "policy init --host x", "demo x", "demo -o x", "checks x", "version x",
        "completion x",
    ):
        yield Case("mistake: signet " + line, line.split())


def targets():
    lists = b"10.0.0.1\n10.0.0.0/30 # four\n10.0.1.1-10.0.1.9\n10.0.2-3.1-3\n[2001:db8::1]:8530\n"
    for line in (
        "10.0.0.0/29", "10.0.0.0/29 --seed 5", "10.0.0.5/24 --checks smb", "10.0.0.1:8530", "10.0.0.1-10.0.0.99 --exclude 10.0.0.7", "10.0.0-3.1-9 -p smb=445,http=80,8000-8003",
        "2001:db8::/125", "-f list.txt --exclude-file not.txt", "0.0.0.0/0 --checks smb --seed 1 --exclude 10.0.0.0/8 --exclude 0.0.0.0/1",
    ):
        args = ["targets", *line.split()]
        if "--seed" not in args:
            args += ["--seed", "9"]
        if "0.0.0.0/0" in args:
            continue  # its list has 2^31 lines
        yield Case("signet " + " ".join(args), args, {"list.txt": lists, "not.txt": b"10.0.1.3\n10.0.2.0/24\n"})


def files_of(folder):
    for at, dirs, names in os.walk(folder):
        dirs.sort()
        for n in sorted(names):
            yield os.path.join(at, n)


def reading(folder, label):
    """Every file of a folder for itself, in every format, then all of them together."""
    for path in files_of(folder):
        inside = os.path.relpath(path, folder)
        base = "in-" + re.sub(r"[^\w.-]", "_", os.path.basename(path))
        yield Case(f"read {label}/{inside}", ["read", "--store", "none", "--all", *outputs(), base], {base: path}, fresh=True)
        if path.endswith((".pcap", ".pcapng", ".xml", ".jsonl", ".json")):
            yield Case(f"read {label}/{inside}, anonymised", ["read", "--store", "none", "--anonymize", "-o", "jsonl", base], {base: path}, fresh=True, numbered=True)
    yield Case(f"read {label}, all of it", ["read", "--store", "none", "--trace", *outputs(), folder], fresh=True)
    yield Case(f"read {label}, all of it, anonymised", ["read", "--store", "none", "--anonymize", "-o", "text", "-o", "csv=out.csv", "-o", "jsonl=out.jsonl", folder], fresh=True, varies=True, numbered=True)


def texts(root, into):
    """The files inside the repository's test scripts, written out, so that they can be read too."""
    scripts = os.path.join(root, "internal/cli/testdata/script")
    for name in sorted(os.listdir(scripts)):
        with open(os.path.join(scripts, name), encoding="utf-8") as f:
            parts = re.split(r"^-- (.+) --\n", f.read(), flags=re.M)
        for file, text in zip(parts[1::2], parts[2::2]):
            at = os.path.join(into, name.removesuffix(".txtar"), file)
            os.makedirs(os.path.dirname(at), exist_ok=True)
            with open(at, "w", encoding="utf-8") as f:
                f.write(text)
    return into


def lab(root):
    """Addresses of lab servers that are up, and scans of them."""
    status = subprocess.run([os.path.join(root, "lab/status")], capture_output=True, text=True, check=False).stdout
    at = set()
    for line in status.splitlines():
        if line.startswith("up "):
            at |= {s.rpartition(":")[0].strip("[]") for s in line.split()[4:]}
    return sorted(at)


def scans(addresses):
    """Host after host, so that the order is the same in every run, and once as fast as it goes."""
    base = ["scan", "--no-progress", "--seed", "7", "--rate", "0", "-f", "lab.txt", "--in-flight", "1", "--store"]
    lists = {"lab.txt": ("\n".join(addresses) + "\n").encode(), "paths.txt": b"/reports\n/anything\n"}
    for line in (
        "--depth anonymous", "--all --trace", "--quick --all --trace", "--deep --checks smb", "--no-smb1 --checks smb",
        "--http-thorough --http-paths paths.txt --checks http --ca-name Lab-CA", "--checks names --all", "--checks smb,ldap --policy strict --fail-on high",
        "--policy server-2025 --fail-on low", "--discover connect --retries 0", "-p smb=445,80,389 --checks smb --all", "--exclude 127.20.1.0/24",
    ):
        yield Case("scan of the lab " + line, [*base, "none", *line.split(), "-o", "text", "-o", "jsonl=out.jsonl"], lists, fresh=True, live=True, varies=True)
    for line in ("--depth handshake --all", "--quick"):
        yield Case(f"scan of the lab {line} in every format", [*base, "none", *line.split(), *outputs()], lists, fresh=True, live=True, varies=True)
    yield Case("scan of the lab in colour", [*base, "none", "--color", "always"], lists, fresh=True, live=True, varies=True)
    yield Case("scan of the lab, many hosts at once", [*base, "none", "--in-flight", "64", "-o", "text", "-o", "jsonl=out.jsonl"], lists, fresh=True, live=True, varies=True)
    yield Case("scan of the lab, JSON lines on standard output", [*base, "none", "-o", "jsonl"], lists, fresh=True, live=True, varies=True)


def stored(binary, runs):
    """Commands on a store s.db, whose newest runs are given."""
    def case(line, **more):
        return Case("signet " + " ".join(line.split()), [*line.split(), "--store", "sqlite:s.db"], {"s.db": None}, **more)

    for r in runs:
        for flags in ("", " --all --trace", " --policy strict --fail-on medium"):
            c = case(f"report {r}{flags}")
            c.args += outputs()
            yield c
        yield case(f"runs show {r}")
        yield case(f"runs export {r}")
        for f in "powershell ansible reg smb.conf csv".split():
            yield case(f"fix smb-signing-not-required ldap-signing-not-required smb1-enabled --format {f} --from {r}")
        for rule in rules(binary):
            yield case(f"fix {rule} --from {r}")
            yield case(f"impact {rule} --from {r}")
        for f in "csv jsonl".split():
            yield case(f"impact smb-signing-not-required -o {f} --from {r}")
        yield case(f"runs delete {r}")
        yield case(f"policy init --host 127.20.2.1 --from {r}")
    for old, new in zip(runs, runs[1:] + runs[:1]):
        c = case(f"diff {old} {new}")
        c.args += outputs()
        yield c
        yield case(f"diff {old} {new} --fail-on worsened --policy strict")
        yield case(f"read --merge {old} --merge {new} -o jsonl", fresh=True)
    yield case("runs check")
    yield case("runs")
    yield case("runs -o jsonl")
    yield case("runs prune --keep 1")
    yield case("report")
    yield case("report previous")
