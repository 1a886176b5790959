// The one script of the pages: it sends what a form says to the API and shows the page again.
(() => {
  "use strict";
  const base = document.documentElement.dataset.base, api = base + "/api/v1/";
  const all = (what, from = document) => Array.from(from.querySelectorAll(what));

  // What is set up stands over the page while it is open: it closes as a menu does.
  for (const group of all("nav details")) {
    const close = () => { if (getComputedStyle(group.querySelector("ul")).position === "absolute") group.open = false; };
    group.addEventListener("keydown", (e) => { if (e.key === "Escape" && group.open) { close(); group.querySelector("summary").focus(); } });
    group.addEventListener("focusout", (e) => { if (e.relatedTarget && !group.contains(e.relatedTarget)) close(); });
    document.addEventListener("click", (e) => { if (!group.contains(e.target)) close(); });
  }

  // The set-up token stands behind the #, which no server sees; it leaves the address at once.
  for (const form of all("form[data-token]")) {
    const token = location.hash.slice(1);
    form.elements.token.value = token;
    if (token) history.replaceState(null, "", location.pathname); else form.querySelector("[data-no-token]").hidden = false;
  }

  const valueOf = (field) => {
    const v = field.value;
    switch (field.dataset.as) {
      case "lines": return v.split(/[\s,]+/).filter(Boolean);
      case "rows": return v.split("\n").map((line) => line.trim()).filter(Boolean);
      case "truth": return v === "true";
      case "number": return v === "" ? undefined : Number(v);
      case "instant": return v === "" ? undefined : v + "T23:59:59Z";
    }
    return v === "" && field.dataset.empty === "skip" ? undefined : v;
  };
  // A name with a dot stands for a field within a field.
  const put = (body, name, v) => {
    const [first, rest] = name.split(".");
    if (rest) (body[first] = body[first] || {})[rest] = v; else body[first] = v;
  };
  const bodyOf = (form) => {
    const body = {};
    for (const field of form.elements) {
      if (!field.name || field.type === "submit") continue;
      if (field.dataset.as === "list") {
        body[field.name] = body[field.name] || [];
        if (field.checked) body[field.name].push(field.value);
        continue;
      }
      const v = valueOf(field);
      if (v !== undefined) put(body, field.name, v);
    }
    return body;
  };

  const say = (form, text) => { const out = form.querySelector("output"); if (out) out.textContent = text; };
  // What went wrong, in words, and at which field.
  const explain = async (form, answer) => {
    let problem = {};
    try { problem = await answer.json(); } catch { /* a proxy's page */ }
    const errors = problem.errors || [];
    let text = problem.detail || "The server answered " + answer.status + ".";
    for (const e of errors) if (e.message && !text.includes(e.message)) text += " " + (e.location || "").replace(/^body\.?/, "") + ": " + e.message;
    if (answer.status === 412) text = "Somebody changed it meanwhile. Load the page again, then change it.";
    if (answer.status === 401 && !(form.dataset.call || "").endsWith(" session")) text = problem.detail && form.dataset.call === "POST me/password" ? problem.detail : "You are logged out. Log in again in another tab, then send this once more.";
    say(form, text);
    for (const field of form.elements) field.removeAttribute("aria-invalid");
    for (const e of errors) {
      const field = form.elements[(e.location || "").replace(/^body\./, "").replace(/[.[].*/, "")];
      if (field && field.setAttribute) { field.setAttribute("aria-invalid", "true"); field.focus(); break; }
    }
  };

  const then = (form, got) => {
    const to = form.dataset.then;
    if (to === "reload") return location.reload();
    if (to === "loaded") return form.dispatchEvent(new CustomEvent("loaded", { detail: got }));
    if (to === "show") {
      form.querySelector("[data-secret]").textContent = got.token;
      form.querySelector("[data-shown]").hidden = false;
      return;
    }
    if (to === "tested") return say(form, got.ok ? "It arrived: " + got.status + ", after " + got.took_ms + " ms." : "It did not arrive: " + got.status);
    if (to === "follow") {
      say(form, "Asking again…");
      return follow("jobs/" + got.id + "/events", (job) => say(form, "Asking again: " + job.state), () => location.reload());
    }
    location.assign(base + to.replace("{id}", () => encodeURIComponent(got.id)));
  };

  const busy = (form, is) => { for (const b of form.elements) if (b.type === "submit") b.disabled = is; };
  const send = async (form, ask) => {
    busy(form, true);
    say(form, "");
    try {
      const answer = await ask();
      if (!answer.ok) { busy(form, false); return await explain(form, answer); }
      const text = await answer.text();
      if (form.dataset.then === "show") form.reset();
      then(form, text ? JSON.parse(text) : {});
      if (form.dataset.then !== "follow") setTimeout(() => busy(form, false), 1500);
    } catch {
      busy(form, false);
      say(form, "The server cannot be reached. Try again.");
    }
  };

  for (const form of all("form[data-call]")) form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (form.dataset.sure && !confirm(form.dataset.sure)) return;
    const [method, path] = form.dataset.call.split(" ");
    const headers = { Accept: "application/json" };
    if (form.dataset.etag) headers["If-Match"] = form.dataset.etag;
    const body = method === "DELETE" || path === "sample" || path.endsWith("/verify") || path.endsWith("/test") ? undefined : bodyOf(form);
    if (path === "findings" && !(body.ids || []).length) return say(form, "Choose findings first.");
    if (body) headers["Content-Type"] = "application/json";
    send(form, () => fetch(api + path, { method, headers, body: body && JSON.stringify(body), credentials: "same-origin" }));
  });
  for (const form of all("form[data-upload]")) form.addEventListener("submit", (e) => {
    e.preventDefault();
    const file = form.elements.file.files[0], headers = { "Content-Type": "application/x-ndjson" };
    if (!file) return;
    if (file.name.endsWith(".gz")) headers["Content-Encoding"] = "gzip";
    say(form, "Sending…");
    send(form, () => fetch(api + form.dataset.upload, { method: "POST", headers, body: file, credentials: "same-origin" }));
  });

  // A job as it goes on.
  function follow(path, each, end) {
    const stream = new EventSource(api + path);
    stream.addEventListener("job", (e) => each(JSON.parse(e.data)));
    stream.addEventListener("end", (e) => { stream.close(); end(JSON.parse(e.data)); });
    addEventListener("pagehide", () => stream.close());
  }
  for (const at of all("[data-events]")) follow(at.dataset.events, (job) => {
    for (const live of all("[data-live]", at)) {
      if (live.dataset.live === "bar") { live.max = job.progress.total || 1; live.value = job.progress.addresses; continue; }
      const v = live.dataset.live.split(".").reduce((o, k) => o && o[k], job);
      live.textContent = typeof v === "number" ? v.toLocaleString("en").replaceAll(",", "\u202f") : v;
    }
  }, () => location.reload());

  // Browsers let a page copy where it came by https, or from this machine.
  for (const b of all("[data-copy]")) if (navigator.clipboard) {
    b.hidden = false;
    b.addEventListener("click", async () => {
      const word = b.textContent;
      try { await navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent); b.textContent = "Copied"; } catch { b.textContent = "The browser refused"; }
      setTimeout(() => { b.textContent = word; }, 2000);
    });
  }
  // A policy is read while it is written: what is wrong stands beside its line, and what it would change is shown before it is saved.
  const make = (name, content, className) => {
    const e = document.createElement(name);
    if (className) e.className = className;
    e.append(...[].concat(content));
    return e;
  };
  const counted = (n, one, many) => n + " " + (n === 1 ? one : many);
  const severities = ["critical", "high", "medium", "low", "info"];
  const linked = (href, text) => { const a = make("a", text); a.href = base + href; return a; };
  const tag = (word) => make("span", word || "no finding", "tag " + (word || ""));
  const drawShift = (at, p) => {
    const c = p.change, sites = p.sites.length ? counted(p.sites.length, "site", "sites") : "";
    const judges = [sites, p.no_site ? "what belongs to no site" : ""].filter(Boolean).join(" and ");
    if (!judges) return at.replaceChildren(make("p", "It judges nothing yet, so nothing would change.", "note"));
    const moved = c.opened + c.closed + c.raised + c.lowered;
    const out = [make("p", [make("b", moved ? "Would change: " : "Nothing would change. "), moved ? counted(c.opened, "finding comes, ", "findings come, ") + counted(c.closed, "goes, ", "go, ") + counted(c.raised, "becomes severer, ", "become severer, ") + counted(c.lowered, "less severe. ", "less severe. ") : "", "It judges " + judges + "."], "note next")];
    const row = (cells, head) => make("tr", cells.map((v, i) => make(head || i === 0 ? "th" : "td", v)));
    const table = (head, rows) => {
      const scroll = make("div", make("table", [make("thead", row(head, true)), make("tbody", rows.map((r) => row(r)))]), "scroll");
      scroll.tabIndex = 0;
      return scroll;
    };
    out.push(table(["Findings", "Now", "Then"], severities.map((s) => [s, String(c.before.severities[s]), String(c.after.severities[s])]).concat([["excepted", String(c.before.excepted), String(c.after.excepted)], ["fails at --fail-on up to", c.before.fail_on, c.after.fail_on]])));
    if (c.rules.length) out.push(table(["Rule", "Come", "Go", "Severer", "Less severe"], c.rules.map((r) => [linked("/board?rule=" + encodeURIComponent(r.rule), r.rule), String(r.opened), String(r.closed), String(r.raised), String(r.lowered)])));
    if (c.rows.length) out.push(make("h2", c.rows.length < moved ? "The worst " + c.rows.length : "Each of them"), table(["Where", "Rule", "Now", "Then"], c.rows.map((r) => [linked("/hosts/" + r.host, (r.name || r.address) + ":" + r.port), r.rule + (r.where ? " at " + r.where : ""), tag(r.before), r.excepted ? "excepted" : tag(r.after)])));
    at.replaceChildren(...out);
  };
  for (const form of all("form[data-preview]")) {
    const text = form.querySelector("textarea"), gutter = form.querySelector(".gutter"), found = form.querySelector(".problems"), shift = form.querySelector(".shift");
    let problems = [], timer = 0, asked = 0;
    const jump = (line) => {
      const lines = text.value.split("\n"), from = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      text.focus();
      text.setSelectionRange(from, from + (lines[line - 1] || "").length);
      text.scrollTop = Math.max(0, (line - 4) * text.scrollHeight / Math.max(1, lines.length));
    };
    const draw = () => {
      const n = Math.min(text.value.split("\n").length, 20000), by = new Map();
      for (const p of problems) if (!by.has(p.line) || !p.warning) by.set(p.line, p);
      gutter.replaceChildren(...Array.from({ length: n }, (_, i) => {
        const p = by.get(i + 1), line = make("div", String(i + 1), p ? (p.warning ? "look" : "wrong") : "");
        if (p) line.title = p.text;
        return line;
      }));
      gutter.scrollTop = text.scrollTop;
    };
    const show = (p) => {
      problems = p.problems;
      found.replaceChildren(...problems.map((x) => {
        const b = make("button", "Line " + x.line, "quietly");
        b.type = "button";
        b.addEventListener("click", () => jump(x.line));
        return make("li", [b, " ", make("b", x.warning ? "Look: " : "Wrong: "), x.text], x.warning ? "look" : "wrong");
      }));
      draw();
    };
    const ask = async (lint) => {
      const mine = ++asked;
      const answer = await fetch(api + (lint ? "policies/preview" : form.dataset.preview), { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify({ yaml: text.value, lint }), credentials: "same-origin" });
      if (!answer.ok) return lint ? undefined : explain(form, answer);
      const p = await answer.json();
      if (mine !== asked) return; // it was written on meanwhile
      show(p);
      if (!lint) { if (p.change) drawShift(shift, p); else shift.replaceChildren(make("p", "What is wrong stands above: with that it cannot be saved.", "note")); }
    };
    const wait = () => { draw(); clearTimeout(timer); timer = setTimeout(() => ask(true).catch(() => {}), 400); };
    text.addEventListener("input", wait);
    text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
    form.querySelector("[data-try]").addEventListener("click", () => { say(form, ""); ask(false).catch(() => say(form, "The server cannot be reached. Try again.")); });
    wait();
  }
  // A table that is loaded: what each line comes to is shown before it is saved.
  for (const form of all("form[data-table]")) {
    const text = form.querySelector("textarea"), file = form.querySelector("input[type=file]"), shift = form.querySelector(".shift");
    const draw = (p) => {
      const says = { make: "is made", change: "is changed", "changed-since": "left out: somebody changed it since", unknown: "left out: there is no such finding" };
      const out = [make("p", make("b", counted(p.made, "made, ", "made, ") + counted(p.changed, "changed, ", "changed, ") + p.kept + " as they are, " + p.left + " left out."), "note next")];
      if (p.lines.length) {
        const head = make("thead", make("tr", ["Line", "What", "It", "Fields"].map((v) => make("th", v))));
        const body = make("tbody", p.lines.slice(0, 500).map((l) => make("tr", [make("th", String(l.line)), make("td", l.what || l.id || ""), make("td", l.does === "make" || l.does === "change" ? says[l.does] : make("b", says[l.does], "late")), make("td", l.fields.join(", "))])));
        const scroll = make("div", make("table", [head, body]), "scroll");
        scroll.tabIndex = 0;
        out.push(scroll);
      }
      shift.replaceChildren(...out);
    };
    form.addEventListener("loaded", (e) => { draw(e.detail); say(form, "Loaded. Load the page again to see it."); });
    const what = form.dataset.table, headers = { "Content-Type": "text/csv", Accept: "application/json" };
    file.addEventListener("change", async () => { if (file.files[0]) { text.value = await file.files[0].text(); form.querySelector("[data-try]").click(); } });
    form.querySelector("[data-try]").addEventListener("click", async () => {
      say(form, "");
      try {
        const answer = await fetch(api + what + "/preview", { method: "POST", headers, body: text.value, credentials: "same-origin" });
        if (!answer.ok) return await explain(form, answer);
        const p = await answer.json();
        if (!p.valid) return shift.replaceChildren(make("ul", p.problems.map((x) => make("li", "Line " + x.line + ", column " + x.column + ": " + x.text)), "problems"));
        if (p.lines) return draw(p);
        const head = make("thead", make("tr", ["Line", "What", "Owner", "Findings", "By hand"].map((v) => make("th", v))));
        const body = make("tbody", p.rules.map((r) => make("tr", [make("th", String(r.line)), make("td", r.match), make("td", r.owner), make("td", r.rows || r.by_hand ? String(r.rows) : make("span", "matches nothing", "tag undetermined")), make("td", String(r.by_hand))])));
        const scroll = make("div", make("table", [head, body]), "scroll");
        scroll.tabIndex = 0;
        shift.replaceChildren(scroll);
      } catch { say(form, "The server cannot be reached. Try again."); }
    });
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      if (form.dataset.etag) headers["If-Match"] = form.dataset.etag;
      send(form, () => fetch(api + what, { method: "PUT", headers, body: text.value, credentials: "same-origin" }));
    });
  }
  for (const box of all("[data-all]")) box.addEventListener("change", () => { for (const one of all(`input[name="${box.dataset.all}"]`)) one.checked = box.checked; });
  // Fields of a filter that say nothing stay out of the address.
  for (const form of all("form[method=get]")) form.addEventListener("submit", () => { for (const f of form.elements) if (f.name && !f.value) f.disabled = true; });
  addEventListener("pageshow", () => { for (const f of all("form[method=get] :disabled")) f.disabled = false; });
  for (const b of all("form[data-call] button, form[data-upload] button, form[data-table] button")) b.disabled = false;
})();
