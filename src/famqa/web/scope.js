// Which documents and folders a question is asked of: chosen in the form, shown above the question box.
window.famqaScope ??= (() => {
  const MOST_SHOWN = 100;
  const find = (selector) => document.querySelector(selector);
  let names = []; // all documents if empty
  let choices = []; // [name, title, what it is] of all that can be chosen

  function choose(chosen) {
    names = chosen;
    showChosen();
  }

  function item([name, title, what]) {
    const made = document.createElement("li");
    const label = document.createElement("label");
    const tick = document.createElement("input");
    tick.type = "checkbox";
    tick.checked = names.includes(name);
    tick.addEventListener("change", () => {
      choose(tick.checked ? [...names, name] : names.filter((each) => each !== name));
    });
    const words = document.createElement("span");
    words.textContent = title;
    const path = document.createElement("span");
    path.className = "path";
    path.textContent = what;
    label.append(tick, words, path);
    made.append(label);
    return made;
  }

  function showChoices() {
    const wanted = find("#scope-search").value.toLowerCase();
    const fitting = choices.filter((choice) => choice.some((text) => text.toLowerCase().includes(wanted)));
    const items = fitting.slice(0, MOST_SHOWN).map(item);
    if (fitting.length > items.length) {
      const rest = document.createElement("li");
      rest.textContent = `and ${fitting.length - items.length} more; type a part of the name`;
      items.push(rest);
    }
    find(".scope-list").replaceChildren(...items);
  }

  function showChosen() {
    const only = find(".only");
    only.hidden = names.length === 0;
    only.replaceChildren(
      ...names.map((name) => {
        const made = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = name;
        button.setAttribute("aria-label", `${name}: no longer only from this`);
        button.addEventListener("click", () => {
          choose(names.filter((each) => each !== name));
          showChoices();
          find("#question-box").focus();
        });
        made.append(button);
        return made;
      }),
    );
    find(".scope summary").textContent = names.length ? `Only ${names.length} chosen` : "All documents";
  }

  function start(server) {
    const details = find(".scope");
    const search = find("#scope-search");
    details.addEventListener("toggle", async () => {
      if (!details.open) return;
      search.focus();
      choices = await server.choices();
      showChoices();
    });
    search.addEventListener("input", showChoices);
    search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    document.addEventListener("click", (event) => {
      if (details.open && !details.contains(event.target)) details.open = false;
    });
  }

  // Whether the list was open; then it is closed, and the focus is on what opened it.
  function close() {
    const details = find(".scope");
    if (!details.open) return false;
    details.open = false;
    details.querySelector("summary").focus();
    return true;
  }

  return { start, choose, close, names: () => names };
})();
