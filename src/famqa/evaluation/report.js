// The table of questions: filter, sort, open. Every text goes into the page as a text node, never as markup.
"use strict";
(() => {
  const PORTION = 200; // rows drawn at a time
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const rows = read("rows-json");
  const words = read("words-json");
  const isWide = matchMedia("(min-width: 761px)"); // as in the style sheet: narrow pages show two columns
  let details = null; // parsed when the first row is opened
  const $ = (id) => document.getElementById(id);
  const controls = ["text", "type", "result", "cause", "refused", "order"];
  const opened = new Set();
  let shown = [];
  let drawn = 0;

  const make = (tag, css, ...children) => {
    const element = document.createElement(tag);
    if (css) element.className = css;
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  for (const row of rows) row.sought = plain([row.id, row.question, row.answer, ...row.expected].join("\n"));

  // Filtering and sorting

  const compare = {
    n: (a, b) => a.n - b.n,
    question: (a, b) => a.question.localeCompare(b.question),
    type: (a, b) => a.type.localeCompare(b.type),
    result: (a, b) => a.right - b.right || causeOf(a).localeCompare(causeOf(b)),
    cause: (a, b) => (a.cause === "") - (b.cause === "") || causeOf(a).localeCompare(causeOf(b)),
    confidence: (a, b) => a.confidence - b.confidence,
    ms: (a, b) => a.ms - b.ms,
  };
  const causeOf = (row) => (row.cause ? words.causes[row.cause] || row.cause : "");

  const wanted = () => {
    const sought = plain($("text").value).split(/\s+/).filter(Boolean);
    const [type, result, cause, refused] = ["type", "result", "cause", "refused"].map((id) => $(id).value);
    return rows.filter(
      (row) =>
        sought.every((word) => row.sought.includes(word)) &&
        (!type || "=" + row.type === type) &&
        (!result || (row.right ? "right" : "wrong") === result) &&
        (!cause || row.cause === cause) &&
        (!refused || (row.refused ? "yes" : "no") === refused),
    );
  };

  const update = () => {
    const order = $("order").value;
    const name = order.replace(/^-/, "");
    const sign = order.startsWith("-") ? -1 : 1;
    shown = wanted().sort((a, b) => sign * compare[name](a, b) || a.n - b.n);
    $("rows").replaceChildren();
    drawn = 0;
    draw();
    for (const head of document.querySelectorAll("th[data-sort]")) {
      if (head.dataset.sort === name) head.setAttribute("aria-sort", sign < 0 ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    const wrong = shown.filter((row) => !row.right).length;
    $("shown").textContent =
      shown.length === 0 ? "No question is like this." : `${shown.length} of ${rows.length} questions, ${wrong} of them wrong`;
    remember();
  };

  const draw = () => {
    const portion = shown.slice(drawn, drawn + PORTION);
    const fresh = document.createDocumentFragment();
    for (const row of portion) {
      fresh.append(line(row));
      if (opened.has(row.n)) fresh.append(sheet(row));
    }
    $("rows").append(fresh);
    drawn += portion.length;
    const left = shown.length - drawn;
    $("more").hidden = left === 0;
    $("more").textContent = `Show ${Math.min(PORTION, left)} more of ${left}`;
  };

  // A row and what it opens to

  const line = (row) => {
    const open = make("button", "open", make("span", "", row.question, row.turn ? make("small", "", `  turn ${row.turn}`) : null));
    open.type = "button";
    open.setAttribute("aria-expanded", String(opened.has(row.n)));
    open.addEventListener("click", () => toggle(row, open));
    const result = make("td", "", make("span", "verdict-of " + (row.right ? "right" : "wrong"), verdict(row)));
    if (row.cause) result.append(make("div", "why", causeOf(row).toLowerCase()));
    const element = make(
      "tr",
      opened.has(row.n) ? "opened" : "",
      make("td", "", open),
      make("td", "wide soft", row.type),
      result,
      make("td", "wide number soft", percent(row.confidence)),
      make("td", "wide number soft", row.ms === null ? "" : row.ms.toFixed(0)),
    );
    element.id = "q" + row.n;
    return element;
  };

  const verdict = (row) => {
    if (row.refused) return row.right ? "Rightly refused" : "Refused";
    if (row.right) return "Right";
    return row.answerable ? "Wrong" : "Answered, has none";
  };

  const toggle = (row, button) => {
    const element = button.closest("tr");
    const isOpen = opened.delete(row.n);
    if (isOpen) element.nextElementSibling.remove();
    else {
      opened.add(row.n);
      element.after(sheet(row));
    }
    element.classList.toggle("opened", !isOpen);
    button.setAttribute("aria-expanded", String(!isOpen));
    remember();
  };

  const sheet = (row) => {
    details ??= read("details-json");
    const detail = details[row.n];
    const left = make("div", "");
    const right = make("div", "");
    const heading = (text) => make("h4", "", text);
    const root = make("div", "sheet");
    if (detail.evidence) root.append(make("p", "reason across", make("strong", "", causeOf(row) + ". "), detail.evidence));

    left.append(heading("Question"), make("p", "", row.question), make("p", "where", row.id + (row.turn ? `, turn ${row.turn}` : "")));
    if (detail.standalone) left.append(heading("Asked as"), make("p", "", detail.standalone));
    left.append(heading("Expected"), make("p", "", expected(row, detail)));
    left.append(heading("Answer given"), make("p", row.refused ? "given none" : "given", row.refused ? "The documents do not say." : row.answer));
    for (const each of detail.citations) left.append(quoted(each, "quoted", `[${each.number}] `));
    if (detail.place) {
      left.append(heading("Where the documents hold the fact"));
      const line = detail.place.line ? `, line ${detail.place.line}` : "";
      const range = detail.place.end ? `, characters ${detail.place.start}–${detail.place.end}` : "";
      const where = [detail.place.doc, ...detail.place.section].join(" › ") + line + range;
      const place = make("div", "quoted", detail.place.text ? make("blockquote", "", ...pieces(detail.place.text)) : null, make("div", "where", where));
      left.append(place);
    }
    if (row.refused && detail.nearest.length) {
      left.append(heading("Nearest places, shown as no answer"));
      for (const each of detail.nearest) left.append(quoted(each, "quoted dotted", ""));
    }

    right.append(heading("Candidates of the search"));
    const list = make("ol", "candidates");
    for (const each of detail.candidates) {
      const tags = [each.right ? make("span", "tag good", "relevant") : null, each.read ? null : make("span", "tag", "not read")];
      const text = make("blockquote", "", ...pieces(each.text), each.cut ? "…" : "");
      const where = make("div", "where", [each.doc, ...each.section].join(" › "), ...tags.filter(Boolean));
      list.append(make("li", (each.right ? "holds " : "") + (each.read ? "" : "unread"), make("span", "rank", String(each.rank)), make("div", "", text, where)));
    }
    right.append(detail.candidates.length ? list : make("p", "where", "None."));
    if (detail.unlisted) right.append(make("p", "where", `${detail.unlisted} more, none of them right, are in scores.jsonl.`));
    right.append(make("p", "key", make("mark", "", "the answer given"), "  ", make("span", "fact", "the fact")));

    const scores = make("p", "scores across");
    for (const [name, value] of Object.entries(detail.scores)) scores.append(make("span", "", `${name} ${Number(value.toFixed(3))}`));
    root.append(left, right, scores);
    const cell = make("td", "", root);
    cell.colSpan = isWide.matches ? 5 : 2;
    return make("tr", "details", cell);
  };

  const expected = (row, detail) => {
    if (!row.answerable) return "No answer: the documents do not say.";
    if (detail.all_of.length) return detail.all_of.map((group) => group.join(" or ")).join("; ");
    if (row.expected.length) return row.expected.join(" or ");
    return "A passage of " + detail.documents.join(" or "); // judged by document
  };

  const quoted = (each, css, lead) => {
    const place = [each.title, ...each.section].join(" › ") + (each.line ? `, line ${each.line}` : "") + (each.page ? `, page ${each.page}` : "");
    return make("div", css, make("blockquote", "", ...pieces(each.quote)), make("div", "where", lead + place));
  };

  // [text, marks]: "a" is of the answer given, "f" of the fact
  const pieces = (marked) =>
    marked.map(([text, marks]) => {
      const inner = marks.includes("f") ? make("span", "fact", text) : text;
      return marks.includes("a") ? make("mark", "", inner) : inner;
    });

  const percent = (share) => (share === null ? "" : `${Math.round(share * 100)} %`);

  // What is filtered and opened stands in the address, so that it can be passed on

  const remember = () => {
    const parts = new URLSearchParams();
    for (const id of controls) if ($(id).value && !(id === "order" && $(id).value === "n")) parts.set(id, $(id).value);
    if (opened.size) parts.set("open", [...opened].join("."));
    const address = parts.size ? "#" + parts : location.pathname + location.search;
    try {
      history.replaceState(null, "", address);
    } catch {
      // some browsers allow no address of a file to change
    }
  };

  const recall = () => {
    if (!location.hash.includes("=")) return false;
    const parts = new URLSearchParams(location.hash.slice(1));
    for (const id of controls) {
      const value = parts.get(id) || (id === "order" ? "n" : "");
      $(id).value = value;
      if ($(id).value !== value) $(id).value = id === "order" ? "n" : ""; // an option that this run has not
    }
    opened.clear();
    for (const n of (parts.get("open") || "").split(".")) if (n !== "" && rows[Number(n)]) opened.add(Number(n));
    return true;
  };

  for (const id of controls) $(id).addEventListener(id === "text" ? "input" : "change", update);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => {
    opened.clear();
    setTimeout(update); // after the form has been emptied
  });
  $("more").addEventListener("click", () => {
    const last = $("rows").lastElementChild;
    draw();
    last.nextElementSibling.querySelector(".open").focus();
  });
  for (const head of document.querySelectorAll("th[data-sort]")) {
    head.addEventListener("click", () => {
      const name = head.dataset.sort;
      const options = [...$("order").options].map((option) => option.value);
      const next = [name, "-" + name].filter((value) => options.includes(value));
      const at = next.indexOf($("order").value);
      $("order").value = at < 0 ? next[0] : next[at + 1] || "n";
      update();
    });
  }
  // Up and down go from question to question
  $("rows").addEventListener("keydown", (event) => {
    if (!event.target.matches(".open") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const all = [...$("rows").querySelectorAll(".open")];
    const next = all[all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });
  isWide.addEventListener("change", update);
  addEventListener("hashchange", () => recall() && update());
  const begun = recall();
  update();
  if (begun) $("questions").scrollIntoView();
})();
