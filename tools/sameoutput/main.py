"""Runs two binaries side by side and compares everything they print. See tools/same-output."""

import argparse
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import cases
import learn
import masks

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Binary:
    def __init__(self, path, folder):
        self.path, self.folder = os.path.abspath(path), folder
        said = cases.words(self.path, "version")
        if not said.startswith("signet "):
            sys.exit(f"same-output: {path} is no Signet: {said!r}")
        self.version = re.findall(r", commit \w+(?:, modified)?|, modified", said)
        word = said.split()[1]
        if word != "dev":
            self.version.append(word)

    def run(self, case, store=None):
        """All that a case leaves behind: name of the output → text."""
        at = tempfile.mkdtemp(dir=self.folder)
        for name, source in case.files.items():
            if name == "s.db":
                source = store
            if isinstance(source, bytes):
                with open(os.path.join(at, name), "wb") as f:
                    f.write(source)
            else:
                shutil.copy(source, os.path.join(at, name))
        env = {"HOME": at, "PATH": os.environ["PATH"], "TZ": "UTC", "LANG": "C.UTF-8"}
        out, seen = {}, {}
        for n, args in enumerate([case.args, *case.then]):
            done = subprocess.run([self.path, *args], cwd=at, env=env, capture_output=True, timeout=600, check=False)
            also = f" of command {n + 1}" if n else ""
            out["exit code" + also] = str(done.returncode)
            seen["stderr" + also] = done.stderr
            seen["stdout" + also + (".jsonl" if "jsonl" in args else "")] = done.stdout
        for path in cases.files_of(at):
            name = os.path.relpath(path, at)
            if name not in case.files and not re.search(r"\.db(-\w+)?$", name) and "/signet/" not in name:
                with open(path, "rb") as f:
                    seen[name] = f.read()
        for name, data in list(seen.items()):
            if data.startswith(b"PK\x03\x04"):
                del seen[name]
                seen.update({f"{name}/{part}": text for part, text in workbook(data).items()})
        for name, data in seen.items():
            out[name] = masks.mask(data, case, at, self.version)
        shutil.rmtree(at)
        return out


def workbook(data):
    """The parts of an xlsx file, each cell with its string in place of the string's number."""
    book = zipfile.ZipFile(io.BytesIO(data))
    parts = {m.filename: book.read(m) for m in book.infolist()}
    strings = re.findall(rb"<si>(.*?)</si>", parts.pop("xl/sharedStrings.xml", b""), re.S)
    for name, text in parts.items():
        parts[name] = re.sub(rb't="s"><v>(\d+)</v>', lambda m: b't="s">' + strings[int(m.group(1))], text)
    return parts


def ascii_controls(line):
    return "".join(ch if ch.isprintable() else repr(ch)[1:-1] for ch in line)


class Comparison:
    def __init__(self, before, after, only):
        self.before, self.after, self.only = before, after, only
        self.done = self.differ = self.varied = 0

    def say(self, case, note, detail=""):
        self.done += 1
        if detail:
            self.differ += 1
        print(f"{'DIFFERS' if detail else 'same   '}  {case.name}{': ' + note if note else ''}", flush=True)
        if detail:
            print("\n".join("    " + ascii_controls(line) for line in detail.splitlines()), flush=True)

    def judge(self, case, stores=(None, None)):
        b = self.before.run(case, stores[0])
        a = self.after.run(case, stores[1])
        if a == b:
            return "", ""
        # Does BEFORE agree with itself? Only what it says differently when it is asked again may differ.
        befores = [b] + [self.before.run(case, stores[0]) for _ in range(2 if case.varies else 1)]
        note, detail = self.weigh(befores, a)
        for again in ("second", "third"):
            if not detail or not case.varies:
                break
            befores += [self.before.run(case, stores[0]) for _ in range(3)]
            note, detail = self.weigh(befores, self.after.run(case, stores[1]))
            note = "; ".join(filter(None, [f"at the {again} try", note]))
        return note, detail

    @staticmethod
    def weigh(befores, a):
        notes, details = [], []
        names = list(a) + [n for b in befores for n in b if n not in a]
        for name in dict.fromkeys(names):
            if name not in a or any(name not in b for b in befores):
                details.append(f"{name}: written by one of them only")
                continue
            if all(b[name] == a[name] for b in befores):
                continue
            if all(b[name] == befores[0][name] for b in befores):
                details.append(f"{name}:\n" + learn.excerpt(befores[0][name], a[name]))
                continue
            same, said = learn.compare(name, [b[name] for b in befores], a[name])
            if not same:
                details.append(f"{name}:\n{said}")
            elif said:
                notes.append(f"{name} {said}")
        return "; ".join(notes), "\n".join(details)

    def all(self, these, workers=1, stores=(None, None)):
        these = [c for c in these if self.only in c.name]
        with ThreadPoolExecutor(workers) as pool:
            for case, (note, detail) in zip(these, pool.map(lambda c: self.judge(c, stores), these)):
                self.varied += bool(note)
                self.say(case, note, detail)


def fill(binary, folder, addresses, corpus):
    """A store that one binary writes: scans of the lab, one of them interrupted, and reads of files. Returns the newest runs."""
    os.makedirs(folder)
    db = os.path.join(folder, "s.db")

    def signet(*args):
        return subprocess.run([binary.path, *args, "--store", "sqlite:" + db], cwd=folder, capture_output=True, check=False).stdout

    signet("read", os.path.join(ROOT, "internal/imports/testdata"))
    if corpus:
        signet("read", "--trace", corpus)
    if addresses:
        signet("scan", "--no-progress", "--seed", "7", "--rate", "0", "--all", "--trace", *addresses)
        signet("scan", "--no-progress", "--seed", "8", "--rate", "0", "--depth", "handshake", *addresses[len(addresses) // 3:])
        scan = subprocess.Popen([binary.path, "scan", "--no-progress", "--seed", "7", "--rate", "60", "--store", "sqlite:" + db, *addresses],
                                cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(4)
        scan.send_signal(signal.SIGINT)
        scan.wait()
    runs = re.findall(r"^(\d{8}-\d{6}-\w+) ", signet("runs").decode(), re.M)
    return db, runs


def cross(c, addresses, corpus, folder):
    """Stores written by either are read by both, and what one exports the other imports."""
    for writer in (c.before, c.after):
        which = "BEFORE" if writer is c.before else "AFTER"
        db, runs = fill(writer, os.path.join(folder, "store-" + which), addresses, corpus)
        if not runs:
            sys.exit(f"same-output: {which} stored no run")
        # A store is migrated forward alone: after a change of its schema the older program refuses it, and says so.
        refused = b"written by a newer Signet" in subprocess.run([c.before.path, "runs", "--store", "sqlite:" + db], capture_output=True, check=False).stderr
        if refused:
            print(f"store of {which}: its schema is newer than BEFORE knows; only what it exports is compared", file=sys.stderr)
        else:
            batch = list(cases.stored(c.before.path, runs))
            for case in batch:
                case.name = f"store of {which}: {case.name}"
            c.all(batch, 2, (db, db))
        exported = subprocess.run([writer.path, "runs", "export", *runs, "--store", "sqlite:" + db], capture_output=True, check=True).stdout
        new = ["--store", "sqlite:new.db"]
        c.all([cases.Case(f"export of {which}: imported, exported again", ["runs", "import", "in.jsonl", *new], {"in.jsonl": exported},
                          then=[["runs", "export", *runs, *new], ["runs", *new], ["runs", "check", *new]], fresh=True)], 1)
        if addresses and not refused:
            resumed = cases.Case(f"store of {which}: scan --resume latest", ["scan", "--no-progress", "--rate", "0", "--resume", "latest", "--store", "sqlite:s.db", *cases.outputs()],
                                 {"s.db": None}, fresh=True, live=True, varies=True)
            c.all([resumed], 1, (db, db))


def main():
    p = argparse.ArgumentParser(prog="tools/same-output", description="Compares what two binaries of Signet print, to the byte.")
    p.add_argument("before", nargs="?")
    p.add_argument("after", nargs="?")
    p.add_argument("--corpus", default=os.environ.get("SIGNET_CORPUS"), help="a folder of captures and results to read (default SIGNET_CORPUS)")
    p.add_argument("--lab", action="store_true", help="scan the servers of the lab that are up (LAB_RUN as for lab/up)")
    p.add_argument("--only", default="", help="only comparisons with this WORD in their name")
    p.add_argument("--patterns", action="store_true", help="print what is masked, and end")
    o = p.parse_args()
    if o.patterns:
        print(masks.describe())
        return 0
    if not o.after:
        p.error("two binaries are compared: BEFORE AFTER")
    corpus = os.path.abspath(o.corpus) if o.corpus else None
    with tempfile.TemporaryDirectory(prefix="same-output-") as folder:
        sides = [os.path.join(folder, d) for d in ("b", "a")]
        for s in sides:
            os.mkdir(s)
        c = Comparison(Binary(o.before, sides[0]), Binary(o.after, sides[1]), o.only)
        c.all([*cases.spoken(c.before.path), *cases.mistakes(), *cases.targets()], 2)
        for at in ("internal/imports/testdata", "internal/capture/testdata", "internal/cli/testdata", "internal/report/testdata"):
            c.all(cases.reading(os.path.join(ROOT, at), at), 2)
        c.all(cases.reading(cases.texts(ROOT, os.path.join(folder, "scripts")), "files of test scripts"), 2)
        if corpus:
            c.all(cases.reading(corpus, "corpus"), 2)
        addresses = cases.lab(ROOT) if o.lab else []
        if o.lab and not addresses:
            sys.exit("same-output: no server of the lab is up: lab/up, and LAB_RUN where it runs elsewhere")
        c.all(cases.scans(addresses) if addresses else [], 1)
        cross(c, addresses, corpus, folder)
    print(f"{c.done} comparisons, {c.differ} differ, {c.varied} hold what varies by itself"
          + ("" if o.lab else "; the lab was not asked (--lab)") + ("" if corpus else "; no corpus (--corpus)"))
    return 1 if c.differ else 0


if __name__ == "__main__":
    sys.exit(main())
