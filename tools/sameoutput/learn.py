"""Compares what AFTER printed with what BEFORE printed in several runs, for what varies by itself: servers choose random
challenges, and their answers arrive in any order. What varies is learned from BEFORE alone.

An output is cut into pieces (slot, value). Of JSON lines a slot is the line's identity and the path of a field in it, so
that one random value of one endpoint is learned and its neighbour is still compared; a field that varies in three lines
or more (a server's random path, a sample of hosts) may vary in all. Of other text a piece is a line.
"""

import bisect
import difflib
import json
import re
from collections import Counter

IDENTITY = ("kind", "address", "port", "transport", "check", "rule", "source", "finding")


def pieces(name, text):
    if name.endswith((".jsonl", ".json")):
        return [p for line in text.splitlines() for p in _json_line(line)]
    if name.endswith((".html", ".xml", ".sarif")):
        text = re.sub(r"(>|[{\[,])(?=[^\n])", r"\1\n", text)
    return [(None, line) for line in text.splitlines()]


def _json_line(line):
    try:
        value = json.loads(line.removesuffix(","))
    except ValueError:
        return [(None, line)]
    key = " ".join(str(value[k]) for k in IDENTITY if k in value) if isinstance(value, dict) else ""
    return [(f"{key} {path}", repr(leaf)) for path, leaf in _leaves(value, "")]


def _kind(slot):
    """A slot without the address it is of: kind of line, and the field with no index."""
    return re.sub(r" .* ", " ", re.sub(r"\[\d+\]", "[]", slot))


def _leaves(value, path):
    if isinstance(value, dict):
        yield path, "{" + ",".join(value) + "}"
        for k, v in value.items():
            yield from _leaves(v, f"{path}.{k}")
    elif isinstance(value, list):
        yield path, f"[{len(value)}]"
        for i, v in enumerate(value):
            yield from _leaves(v, f"{path}[{i}]")
    else:
        yield path, value


def _template(line, others):
    """A pattern that line and the most alike of its neighbours in others, which are sorted, both match: the words they
    differ in may be any."""
    words = re.findall(r"\w+|\W", line)
    best, masked = -1, None
    at = bisect.bisect(others, line)
    for other in others[max(0, at - 6):at + 6]:
        theirs = re.findall(r"\w+|\W", other)
        if len(theirs) != len(words):
            continue
        same = sum(a == b for a, b in zip(words, theirs))
        if same > best:
            best = same
            masked = "".join(re.escape(a) if a == b else r"\w+" for a, b in zip(words, theirs))
    return masked


def compare(name, befores, after):
    """(same, what to say). befores: at least two outputs of BEFORE."""
    if after in befores:
        return True, ""
    runs = [Counter(pieces(name, b)) for b in befores]
    mine = Counter(pieces(name, after))
    if mine in runs:
        if all(b == befores[0] for b in befores):
            return False, "the order of lines differs, and BEFORE's own does not vary\n" + excerpt(befores[0], after)
        return True, "in another order, which varies by itself"
    common = runs[0].copy()
    for r in runs[1:]:
        common &= r
    loose = [r - common for r in runs]
    slots = {slot for r in loose for slot, _ in r if slot is not None}
    kinds = Counter(_kind(s) for s in slots)
    lines = [line for r in loose for slot, line in r if slot is None]
    templates = []
    for i, r in enumerate(loose):
        others = sorted(line for j, o in enumerate(loose) if j != i for slot, line in o if slot is None)
        templates += [t for t in (_template(line, others) for slot, line in r if slot is None) if t]
    templates = [re.compile(t) for t in set(templates)]
    odd = []
    for slot, value in sorted(common - mine, key=str):
        if slot is not None and kinds[_kind(slot)] >= 3:
            continue
        odd.append(f"- {slot or ''} {value}")
    for slot, value in sorted(mine - common, key=str):
        if slot is not None and (slot in slots or kinds[_kind(slot)] >= 3):
            continue
        if slot is None and (value in lines or any(t.fullmatch(value) for t in templates)):
            continue
        odd.append(f"+ {slot or ''} {value}")
    count = sum(mine.values())
    counts = [sum(r.values()) for r in runs]
    if not min(counts) <= count <= max(counts):
        odd.append(f"{count} pieces, of BEFORE {sorted(set(counts))}")
    if odd:
        return False, "\n".join(odd[:30]) + (f"\n… and {len(odd) - 30} more" if len(odd) > 30 else "")
    told = ", ".join(f"{k} ×{n}" for k, n in kinds.most_common(6)) or f"{len(templates)} lines"
    return True, "varies by itself: " + told


def excerpt(before, after):
    a = [line[:400] for line in before.splitlines()]
    b = [line[:400] for line in after.splitlines()]
    out = list(difflib.unified_diff(a, b, "before", "after", lineterm="", n=1))
    if not out:
        at = next((i for i, (x, y) in enumerate(zip(before, after)) if x != y), min(len(before), len(after)))
        out = [f"at character {at}:", "- " + repr(before[max(0, at - 120):at + 120]), "+ " + repr(after[max(0, at - 120):at + 120])]
    return "\n".join(out[:24])
