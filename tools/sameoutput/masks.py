"""What two runs of one binary may print differently, and nothing more.

A time is masked only where it lies between the start of this comparison and now (two seconds allowed on either side), so
that times in captures and stored samples are still compared. A run ID carries its time and is treated alike.
"""

import re
import time
from calendar import timegm
from datetime import datetime, timezone

BEGAN = time.time() - 2

# name, pattern, how the first group is read as a time (None: masked wherever it stands)
TIMES = [
    ("run id", r"\b(\d{8}-\d{6})-[0-9a-f]{6}\b", "%Y%m%d-%H%M%S"),
    ("RFC 3339", r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)?", "%Y-%m-%dT%H:%M:%S"),
    ("date and minute", r"\b(\d{4}-\d\d-\d\d \d\d:\d\d)(?::\d\d)?(?: UTC)?", "%Y-%m-%d %H:%M"),
    ("date in words", r"\b(\d\d? [A-Z][a-z]+ \d{4}, \d\d:\d\d) UTC", "%d %B %Y, %H:%M"),
    ("RFC 1123", r"\b(\d\d? \w{3} \d{4} \d\d:\d\d:\d\d)\b", "%d %b %Y %H:%M:%S"),
    ("asctime", r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\w{3} [ \d]?\d \d\d:\d\d:\d\d \d{4})", "%b %d %H:%M:%S %Y"),
    ("generalised time", r"\b(\d{14})(?:\.\d+)?Z", "%Y%m%d%H%M%S"),
    ("Unix seconds or milliseconds", r"(?<![\w.])(\d{10})(?:\d{3})?(?![\w.])", "epoch"),
]

def _unwrap(found):
    return " ".join(found.group(0).split())


# Of a run made during the comparison (a scan, a read): how long it took.
DURATIONS = [
    ("duration in a header", r"(<time>(?:, | · took | · ))(?:\d+h)?(?:\d+m)?(?:\d+(?:\.\d+)?[mµ]?s)?\b", r"\1<took>"),
    ("duration of JUnit", r'(<testsuites [^\n]* time=")[\d.]+"', r'\1<took>"'),
    ("duration of nmap", r'(asked in )[\d.]+( seconds" elapsed=")[\d.]+"', r'\1<took>\2<took>"'),
    ("wrapping of the text report's head, by the duration", r"(?m)^ {11}<time>, <took>.*(?:\n {11}\S.*)*", _unwrap),
]

# Of a scan alone: how long each exchange took. What a file says of it is compared.
LIVE = [
    ("took_ms", r'("took_ms":)[\d.]+', r"\g<1>0"),
    ("took_ms of CSV", r"(<time>,)[\d.]+(,<run>)", r"\1<ms>\2"),
    ("took_ms of a workbook", r'(t="s"><t><time></t></c><c r="\w+")[^>]*><v>[\d.]+</v>', r"\1><v><ms></v>"),
    ("time of a JUnit case or suite", r'(<(?:testcase|testsuite) [^\n]* time=")[\d.]+"', r'\1<took>"'),
]


def _stamp(text, form):
    if form == "epoch":
        return int(text)
    try:
        moment = datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return timegm(moment.timetuple())


def _mask_times(text):
    now = time.time() + 2
    for name, pattern, form in TIMES:
        grain = 60 if form.endswith("%H:%M") else 0

        def put(found, form=form, grain=grain, name=name):
            at = _stamp(found.group(1), form)
            inside = at is not None and BEGAN - grain <= at <= now
            return ("<run>" if name == "run id" else "<time>") if inside else found.group(0)

        text = re.sub(pattern, put, text)
    return text


# Names and GUIDs of an anonymised report are numbered in the order of a map, which is another one each time.
NUMBERED = [
    ("number of an anonymised name", r"(?i)\bname-\d+", "name-<n>"),
    ("number of an anonymised GUID", r"\b00000000-0000-0000-0000-\d{12}\b", "guid-<n>"),
]


def mask(data, case, where, version):
    """data as text with what may differ replaced. where: the folder the binary ran in; version: what the binary calls
    itself beside its name (a commit)."""
    text = data.decode("utf-8", "surrogateescape").replace(where, "<folder>")
    for word in version:
        text = text.replace(word, "<version>" if word[0] != "," else "")
    if case.fresh:
        text = _mask_times(text)
        for _, pattern, by in DURATIONS + (LIVE if case.live else []) + (NUMBERED if case.numbered else []):
            text = re.sub(pattern, by, text)
    return text


def describe():
    lines = ["masked where the time lies between the start of the comparison and now:"]
    lines += [f"  {name:32} {pattern}" for name, pattern, _ in TIMES]
    lines += ["masked in what a run made during the comparison prints:"]
    lines += [f"  {name:32} {pattern}" for name, pattern, _ in DURATIONS]
    lines += ["masked in what a scan prints:"]
    lines += [f"  {name:32} {pattern}" for name, pattern, _ in LIVE]
    lines += ["masked in what an anonymised read prints:"]
    lines += [f"  {name:32} {pattern}" for name, pattern, _ in NUMBERED]
    lines += ["masked everywhere: the folder that the binary runs in, and the version and commit that it calls itself"]
    lines += ["Besides, of a scan: what BEFORE says differently when it is run again; how much that was is printed."]
    return "\n".join(lines)
