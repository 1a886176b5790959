(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var T = data.texts, verdicts = ["undetermined", "guarded", "exposed", "unseen"], severities = ["info", "low", "medium", "high", "critical"];
  var PAGE = 50, shown = [], page = 0, sort = { key: "risk", down: true };
  var $ = function (id) { return document.getElementById(id); };
  var list = function (ids) { return (ids || []).map(function (i) { return T[i]; }); };

  // An element; every text goes in as text, never as mark-up.
  function el(name, cls) {
    var e = document.createElement(name);
    if (cls) e.className = cls;
    for (var i = 2; i < arguments.length; i++) {
      var c = arguments[i];
      if (c !== null && c !== undefined && c !== "") e.append(c);
    }
    return e;
  }
  function tag(word) { return el("span", "tag " + word, word); }
  function whole(word) { return el("span", "w", word); } // stands on one line
  // A text whose `code` is an element; no word of that is broken.
  function said(text) {
    var out = document.createDocumentFragment();
    text.split("`").forEach(function (part, i) {
      if (i % 2 === 0) { out.append(part); return; }
      var code = el("code", "");
      part.split(" ").forEach(function (word, j) { code.append(j ? " " : "", word.length > 40 ? word : whole(word)); });
      out.append(code);
    });
    return out;
  }
  // A name, which breaks behind a dot if it must.
  function named(name) {
    var out = el("span", "long");
    name.split(".").forEach(function (label, i) { if (i) out.append(".", el("wbr", "")); out.append(label); });
    return out;
  }
  function number(n) { return n.toLocaleString("en"); }

  // [address, name, os, domain, [roles], [endpoints], verdict, severity] as the writer made them.
  var hosts = data.hosts.map(function (h, i) {
    var ends = h[5].map(function (e) {
      return { port: e[0], udp: e[1] === 1, check: T[e[2]], outcome: T[e[3]], verdict: verdicts[e[4]], because: list(e[5]),
        findings: (e[6] || []).map(function (f) { return { rule: T[f[0]], severity: f[1], where: T[f[2]], because: list(f[3]) }; }),
        unasked: list(e[7]), error: e[8] ? T[e[8]] : "", trace: e[9] || [], accepted: e[10] === 1 };
    });
    return { i: i, address: h[0], name: T[h[1]], os: T[h[2]], domain: T[h[3]], roles: list(h[4]), ends: ends, verdict: verdicts[h[6]], risk: risk(h[6], h[7]), findings: count(ends), hay: "", open: false };
  });
  function risk(v, s) { return [20, 10, 30, 0][v] + s; } // exposed above undetermined above guarded above unseen
  function count(ends) { return ends.reduce(function (n, e) { return n + e.findings.length; }, 0); }
  function hay(h) {
    if (!h.hay) {
      h.hay = [h.address, h.name, h.os, h.domain, h.roles.join(" ")].concat(h.ends.map(function (e) {
        return e.port + " " + e.check + " " + e.because.join(" ") + " " + e.findings.map(function (f) { return f.rule + " " + f.where; }).join(" ");
      })).join("\n").toLowerCase();
    }
    return h.hay;
  }

  function choose(id, values) {
    values.forEach(function (v) { var o = el("option", "", v); o.value = v; $(id).append(o); });
    if (!values.length) $(id).disabled = true;
  }
  function distinct(get) {
    var seen = new Set();
    hosts.forEach(function (h) { get(h).forEach(function (v) { seen.add(v); }); });
    return Array.from(seen).sort();
  }
  choose("f-rule", distinct(function (h) { return h.ends.flatMap(function (e) { return e.findings.map(function (f) { return f.rule; }); }); }));
  choose("f-role", distinct(function (h) { return h.roles; }));
  choose("f-check", distinct(function (h) { return h.ends.map(function (e) { return e.check; }); }));

  function apply() {
    var words = $("f-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    var verdict = $("f-verdict").value, rule = $("f-rule").value, role = $("f-role").value, check = $("f-check").value;
    shown = hosts.filter(function (h) {
      if (role && !h.roles.includes(role)) return false;
      if ((verdict || rule || check) && !h.ends.some(function (e) {
        return (!verdict || e.verdict === verdict) && (!check || e.check === check) && (!rule || e.findings.some(function (f) { return f.rule === rule; }));
      })) return false;
      return words.every(function (w) { return hay(h).includes(w); });
    });
    var by = { risk: function (h) { return h.risk; }, address: function (h) { return h.i; }, name: function (h) { return h.name.toLowerCase(); }, findings: function (h) { return h.findings; } };
    // The writer put hosts in order of risk and then of address: rank is the order of addresses.
    var key = sort.key === "address" ? function (h) { return data.rank[h.i]; } : by[sort.key];
    shown.sort(function (a, b) {
      var x = key(a), y = key(b), d = x < y ? -1 : x > y ? 1 : 0;
      return (sort.down ? -d : d) || data.rank[a.i] - data.rank[b.i];
    });
    page = 0;
    draw();
  }

  function draw() {
    var body = $("rows"), pages = Math.max(1, Math.ceil(shown.length / PAGE));
    body.textContent = "";
    shown.slice(page * PAGE, page * PAGE + PAGE).forEach(function (h) { body.append(row(h)); });
    if (!shown.length) { var td = el("td", "soft", "No host matches."); td.colSpan = 5; body.append(el("tr", "", td)); }
    var filtered = shown.length !== hosts.length;
    $("count").textContent = number(shown.length) + (shown.length === 1 ? " host" : " hosts") + (filtered ? " of " + number(hosts.length) : "");
    $("page").textContent = "Page " + (page + 1) + " of " + number(pages);
    $("prev").disabled = page === 0;
    $("next").disabled = page >= pages - 1;
    document.querySelectorAll("#table th[data-key]").forEach(function (th) {
      th.setAttribute("aria-sort", th.dataset.key === sort.key ? (sort.down ? "descending" : "ascending") : "none");
    });
  }

  function row(h) {
    var open = el("button", "expand", h.address), found = el("td", "");
    open.type = "button";
    open.setAttribute("aria-expanded", String(h.open));
    ruleCounts(h).forEach(function (r) { found.append(tag(severities[r.severity]), " ", whole(r.rule + (r.n > 1 ? " ×" + r.n : "")), el("br")); });
    accepted(h, found);
    if (!found.firstChild) found.append(el("span", "soft", "–"));
    var out = cells(h, open, found), tr = out.firstChild;
    open.addEventListener("click", function () {
      if (h.open) tr.nextElementSibling.remove(); else tr.after(more(h));
      h.open = !h.open;
      open.setAttribute("aria-expanded", String(h.open));
    });
    return out;
  }
  // The row of a host, and below it what was unfolded.
  function cells(h, address, found, roles) {
    var names = el("td", "", h.name ? named(h.name) : el("span", "soft", "–"));
    var about = [h.os, h.domain].concat(roles || []).filter(Boolean).join(" · ");
    if (about) names.append(el("div", "soft small", about));
    var th = el("th", "", address), out = document.createDocumentFragment();
    th.scope = "row";
    out.append(el("tr", "", th, names, el("td", "wide-only", h.roles.join(", ")), el("td", "", tag(h.verdict)), found));
    if (h.open) out.append(more(h));
    return out;
  }
  // A host on paper, where nothing can be unfolded: which port breaks which rule, and which has no verdict.
  function printed(h) {
    var found = el("td", ""), open = h.ends.filter(function (e) { return e.verdict === "undetermined"; });
    ruleCounts(h).forEach(function (r) { found.append(el("div", "", tag(severities[r.severity]), " ", whole(r.rule), " on " + Array.from(r.ports).join(", "))); });
    accepted(h, found);
    if (open.length) found.append(el("div", "", "no verdict: " + Array.from(new Set(open.map(port))).join(", ")));
    if (!found.firstChild) found.append(el("span", "soft", "–"));
    return cells(h, whole(h.address), found, h.roles);
  }
  // Where exceptions of the policy cover all that would have to be fixed.
  function accepted(h, found) {
    var ports = new Set(h.ends.filter(function (e) { return e.accepted; }).map(port));
    if (ports.size) found.append(el("div", "soft", "accepted: " + Array.from(ports).join(", ")));
  }
  function port(e) { return e.port + (e.udp ? "/udp" : "/tcp"); }
  function ruleCounts(h) {
    var by = new Map();
    h.ends.forEach(function (e) { e.findings.forEach(function (f) {
      var r = by.get(f.rule) || { rule: f.rule, severity: 0, n: 0, ports: new Set() };
      r.n++; r.ports.add(port(e)); r.severity = Math.max(r.severity, f.severity);
      by.set(f.rule, r);
    }); });
    return Array.from(by.values()).sort(function (a, b) { return b.severity - a.severity; });
  }

  function more(h) {
    var td = el("td", "");
    td.colSpan = 5;
    h.ends.forEach(function (e) {
      var box = el("div", "end " + e.verdict, el("p", "", el("b", "", port(e) + " " + e.check), " ", tag(e.verdict), " ", el("span", "soft small", e.outcome)));
      var known = new Set(e.findings.flatMap(function (f) { return f.because; }));
      var rest = e.because.filter(function (b) { return !known.has(b); }); // a finding says the same below
      if (rest.length) box.append(el("p", "", rest.join("; ")));
      e.findings.forEach(function (f) {
        var p = el("p", "", tag(severities[f.severity]), " ");
        if ($("rule-" + f.rule)) { var a = el("a", "w", f.rule); a.href = "#rule-" + f.rule; a.addEventListener("click", function () { $("rule-" + f.rule).open = true; }); p.append(a); } else p.append(whole(f.rule));
        if (f.where) p.append(" at ", el("code", "", f.where));
        if (f.because.length) p.append(": " + f.because.join("; "));
        box.append(p);
        if (data.fixes[f.rule]) box.append(el("p", "small", el("b", "", "Fix: "), said(data.fixes[f.rule])));
      });
      if (e.error) box.append(el("p", "small", el("b", "", "Failed: "), e.error));
      if (e.unasked.length) box.append(el("p", "soft small", "Not asked: " + e.unasked.join(", ")));
      if (e.trace.length) {
        var proof = el("details", "", el("summary", "small", "Evidence: " + e.trace.length + (e.trace.length === 1 ? " exchange" : " exchanges") + ", in hexadecimal"));
        e.trace.forEach(function (x) {
          proof.append(el("p", "small", el("b", "", T[x[0]])));
          if (x[1]) proof.append(el("pre", "", el("code", "", "sent\n" + x[1])));
          if (x[2]) proof.append(el("pre", "", el("code", "", "received\n" + x[2])));
        });
        box.append(proof);
      }
      td.append(box);
    });
    return el("tr", "more", td);
  }

  ["f-text", "f-verdict", "f-rule", "f-role", "f-check"].forEach(function (id) { $(id).addEventListener("input", apply); });
  $("clear").addEventListener("click", function () {
    ["f-text", "f-verdict", "f-rule", "f-role", "f-check"].forEach(function (id) { $(id).value = ""; });
    apply();
    $("f-text").focus();
  });
  $("prev").addEventListener("click", function () { page--; draw(); });
  $("next").addEventListener("click", function () { page++; draw(); });
  document.querySelectorAll("#table th[data-key] button").forEach(function (b) {
    b.addEventListener("click", function () {
      var key = b.parentElement.dataset.key;
      sort = { key: key, down: sort.key === key ? !sort.down : key === "risk" || key === "findings" };
      apply();
    });
  });
  document.querySelectorAll("button[data-rule]").forEach(function (b) {
    b.addEventListener("click", function () {
      $("clear").click();
      $("f-rule").value = b.dataset.rule;
      apply();
      $("hosts").scrollIntoView();
      $("f-rule").focus({ preventScroll: true });
    });
  });
  function reveal() { var d = location.hash.length > 1 && $(decodeURIComponent(location.hash.slice(1))); if (d && d.tagName === "DETAILS") d.open = true; }
  window.addEventListener("hashchange", reveal);
  var closed = [];
  window.addEventListener("beforeprint", function () {
    $("all").textContent = "All " + number(hosts.length) + (hosts.length === 1 ? " host" : " hosts") + " of this page, those at most risk first.";
    hosts.forEach(function (h) { $("paper").append(printed(h)); });
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () {
    $("paper").textContent = "";
    closed.forEach(function (d) { d.open = false; });
  });
  document.documentElement.classList.add("js");
  document.querySelectorAll("[data-js]").forEach(function (e) { e.hidden = false; });
  reveal();
  apply();
})();
