"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const size = 100, printed = 5000;
  const collator = new Intl.Collator("en", { numeric: true });
  const state = { target: 0, page: 0, column: 0, down: false, found: [] };
  // As data.rs writes them: what rows share is a position among the texts.
  const text = (at) => data.texts[at];
  const entries = data.rows.map(([domain, unicode, provider, published, exception, file, position, mail, outcomes]) => ({
    domain, unicode: text(unicode), provider: text(provider), published: text(published),
    exception: text(exception), origin: text(file) + position, mail, outcomes,
  }));
  const hasMail = entries.some((row) => row.mail !== null);
  const outcome = (row) => (row.outcomes === undefined ? row.shown : data.outcomes[row.outcomes[state.target]]);
  const columns = [
    ["Domain", (row) => (row.unicode ? `${row.domain} (${row.unicode})` : row.domain)],
    ["Provider", (row) => row.provider],
    ["Published", (row) => row.published],
    ["TLS Policy", (row) => outcome(row).policy],
    ["Parameter", (row) => outcome(row).parameter],
    ["Protection", (row) => data.classes[outcome(row).class][1]],
    ["Next hops", (row) => outcome(row).route],
    ["Exception", (row) => row.exception],
    ["Origin", (row) => row.origin],
  ];
  if (hasMail) columns.push(["Deliveries", (row) => (row.mail === null ? "" : String(row.mail))]);

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  // Long names may go on in the next line behind these signs; what is copied stays as it is.
  const ends = /(?<=\s)|(?<=[/:,])(?=[^\s\d])/u, labels = /(?<=[^.\d]\.)(?=\S)/u;
  const pieces = (text) => text.split(ends).flatMap((part) => (part.length > 24 ? part.split(labels) : [part]));
  const fill = (cell, parts) => {
    parts.forEach((part, index) => {
      if (index > 0) cell.append(document.createElement("wbr"));
      cell.append(part);
    });
    return cell;
  };
  let rows = [];
  const load = () => {
    const target = data.targets[state.target];
    rows = entries.filter((row) => row.outcomes[state.target] !== null);
    rows = [{ domain: "(every other domain)", unicode: "", provider: "any", published: "not looked up",
      origin: target.place, exception: "", mail: null, shown: target.default }, ...rows];
    for (const row of rows) row.text = columns.map(([, value]) => value(row)).join("\n").toLowerCase();
  };
  const filter = () => {
    const words = at("search").value.toLowerCase().split(/\s+/u).filter((word) => word);
    const chosen = at("class").value;
    state.found = rows.filter((row) => (chosen === "" || String(outcome(row).class) === chosen)
      && words.every((word) => row.text.includes(word)));
    const value = columns[state.column][1];
    if (state.column !== 0 || state.down) {
      const sign = state.down ? -1 : 1;
      state.found = state.found.map((row) => [value(row), row])
        .sort((a, b) => sign * collator.compare(a[0], b[0])).map((pair) => pair[1]);
    }
    state.page = 0;
    draw();
  };
  const draw = (all = false) => {
    const pages = Math.max(1, Math.ceil(state.found.length / size));
    const shown = all ? state.found.slice(0, printed) : state.found.slice(state.page * size, (state.page + 1) * size);
    const body = document.createDocumentFragment();
    for (const row of shown) {
      const line = element("tr", "", { role: "row" });
      columns.forEach(([label, value], column) => {
        const text = value(row);
        if (column === 0) {
          line.append(fill(element("th", "", { scope: "row", role: "rowheader" }), text.split(labels)));
          return;
        }
        const cell = element("td", "", text ? { role: "cell", "data-label": label } : { role: "cell" });
        if (label === "Deliveries") cell.className = "n";
        if (label === "Protection") {
          const [letter, , family] = data.classes[outcome(row).class];
          cell.append(element("span", letter, { class: `key ${family}`, "aria-hidden": "true" }), ` ${text}`);
        } else {
          fill(cell, pieces(text));
        }
        line.append(cell);
      });
      body.append(line);
    }
    at("body").replaceChildren(body);
    const many = (count) => count.toLocaleString("en");
    const left = all && state.found.length > printed ? `; the first ${many(printed)} are printed` : "";
    at("count").textContent = `${many(state.found.length)} of ${many(rows.length)} entries${left}`;
    at("page").textContent = `Page ${many(state.page + 1)} of ${many(pages)}`;
    at("previous").disabled = state.page === 0;
    at("next").disabled = state.page + 1 >= pages;
    at("pages").hidden = pages === 1;
    [...at("head").children].forEach((cell, column) => {
      if (column === state.column) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  };

  if (data.targets.length === 0) {
    at("count").textContent = "mxward.yaml names no target, so there are no entries.";
    return;
  }
  columns.forEach(([label], column) => {
    const cell = element("th", "", { scope: "col", role: "columnheader" });
    const button = element("button", label, { type: "button" });
    button.addEventListener("click", () => {
      state.down = state.column === column && !state.down;
      state.column = column;
      filter();
    });
    if (label === "Deliveries") cell.className = "n";
    cell.append(button);
    at("head").append(cell);
  });
  data.targets.forEach((target, index) => at("target").append(element("option", target.name, { value: index })));
  data.classes.forEach(([letter, name], index) => {
    at("class").append(element("option", `${letter} ${name}`, { value: index }));
  });
  at("target-label").hidden = data.targets.length === 1;
  at("target").addEventListener("change", (event) => {
    state.target = Number(event.target.value);
    load();
    filter();
  });
  at("class").addEventListener("change", filter);
  let waiting = 0;
  at("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  const turn = (by) => {
    state.page += by;
    draw();
    at("entries").focus();
  };
  at("previous").addEventListener("click", () => turn(-1));
  at("next").addEventListener("click", () => turn(1));
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw());
  at("tools").hidden = at("table-box").hidden = false;
  load();
  filter();
})();
