// Verdicts: the two thumbs, and the right answer of a wrong one, selected in the open source or typed as it stands.
window.famqaJudging ??= (() => {
  const history_ = window.famqaHistory;
  const selection = window.famqaSelection;
  const find = (selector) => document.querySelector(selector);
  let wrong = null; // the number of the turn whose right answer is looked for
  let picked = null; // what was selected for it

  // A thumb was pressed; `send` tells the server. Of a wrong answer the source is opened, to look in.
  function judge(button, send) {
    const section = button.closest(".turn");
    const turn = Number(section.dataset.turn);
    const { verdict } = button.dataset;
    wrong = verdict === "wrong" && button.getAttribute("aria-pressed") !== "true" ? turn : null;
    send("like", { turn, verdict, visitor: history_.visitor() });
    const source = section.querySelector('[data-ref][aria-pressed="true"]') ?? section.querySelector("[data-ref]");
    if (wrong !== null) source?.click();
    show();
  }

  function show() {
    const wanted = wrong !== null && find("#sources .text") !== null;
    find(".correction").hidden = !wanted;
    if (!wanted) picked = null;
  }

  function pick() {
    const chosen = wrong === null ? null : selection.selected();
    if (!chosen) return;
    picked = chosen;
    find("#right-answer").value = chosen.text.replace(/\s+/g, " ").trim();
  }

  function save(trigger) {
    const words = find("#right-answer").value;
    if (wrong === null || !words.trim()) return;
    const selected = picked ?? { ...selection.openDocument(), text: words };
    trigger("submit", { turn: wrong, selected, visitor: history_.visitor(), records: history_.records() });
    end();
  }

  function end() {
    const turn = wrong;
    wrong = picked = null;
    find("#right-answer").value = "";
    show();
    find(`.turn[data-turn="${turn}"] .judge[data-verdict="wrong"]`)?.focus();
  }

  function start(element, trigger) {
    find("#right-answer").addEventListener("input", () => (picked = null)); // what is typed is looked for
    document.addEventListener("selectionchange", pick);
    element.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      save(trigger);
    });
    element.querySelector(".dismiss").addEventListener("click", end);
  }

  return { judge, show, start };
})();
