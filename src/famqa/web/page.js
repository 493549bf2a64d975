// The page's own behaviour: marks open sources, the newest turn stays in sight, Escape leads back to the mark.
// Gradio runs `famqa.conversation` and `famqa.sources` once, when the two panels are first shown.
window.famqa ??= (() => {
  let opener = null; // the button that was pressed last
  let heldAt = null; // where the quote stood when more of the document was asked for, so that it stays there

  const panel = () => document.getElementById("sources");
  const isOpen = (button) => {
    const head = panel().querySelector(".source-head");
    return head?.dataset.turn === button.dataset.turn && head?.dataset.ref === button.dataset.ref;
  };

  function press(button) {
    for (const other of document.querySelectorAll("#conversation [data-ref]")) {
      const same = other.dataset.turn === button.dataset.turn && other.dataset.ref === button.dataset.ref;
      other.setAttribute("aria-pressed", String(same));
    }
  }

  const quote = () =>
    [...panel().querySelectorAll("mark.quote")].find((mark) => mark.getClientRects().length > 0);
  const quoteTop = () =>
    quote().getBoundingClientRect().top - panel().querySelector(".doc").getBoundingClientRect().top;

  // Where in the panel the quote should come to stand: the start of its paragraph in sight where there is room.
  function restingPlace(mark, page) {
    const into = mark.getBoundingClientRect().top - mark.closest(".piece").getBoundingClientRect().top;
    const room = page.clientHeight;
    return into < room / 2 ? into + room / 8 : room / 4;
  }

  // Only the panel itself is scrolled: a source that opens by itself must not move the page.
  function showQuote() {
    const mark = quote();
    const page = panel().querySelector(".doc");
    if (!mark || !page) return;
    page.scrollTop += quoteTop() - (heldAt ?? restingPlace(mark, page));
    heldAt = null;
  }

  // Someone asked for the source: the focus goes to the quote, and the page to the panel where it lies below the chat.
  async function open(button, ask) {
    opener = button;
    press(button);
    if (!isOpen(button)) ask();
    for (let wait = 0; !isOpen(button) && opener === button && wait < 300; wait++) {
      await new Promise((done) => setTimeout(done, 30));
    }
    const mark = quote();
    if (!mark || !isOpen(button)) return;
    showQuote();
    mark.tabIndex = -1;
    mark.focus({ preventScroll: true });
    const side = document.getElementById("side");
    if (side.getBoundingClientRect().left === 0) side.scrollIntoView({ block: "start" });
  }

  function back() {
    if (!opener?.isConnected) opener = document.querySelector('#conversation .cite[aria-pressed="true"]');
    opener?.focus();
    opener?.scrollIntoView({ block: "nearest" });
  }

  function showNewest() {
    const turns = document.querySelectorAll("#conversation .turn");
    if (turns.length === 0) return;
    const newest = turns[turns.length - 1];
    const log = document.getElementById("conversation");
    if (log.scrollHeight > log.clientHeight + 1) {
      log.scrollTop += newest.getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
    } else if (turns.length > 1) {
      newest.scrollIntoView({ block: "start" });
    }
  }

  function conversation(element, trigger, watch) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (element.contains(button) && button.dataset.ref !== undefined) {
        const { turn, ref } = button.dataset;
        open(button, () => trigger("select", { turn: Number(turn), ref: Number(ref) }));
      } else if (button.matches("#welcome .chip")) {
        trigger("example_select", { question: button.textContent });
      } else if (button.matches("#sources .back")) {
        back();
      } else if (button.matches("#sources .more")) {
        const { turn, ref } = panel().querySelector(".source-head").dataset;
        heldAt = quoteTop();
        trigger("expand", { turn: Number(turn), ref: Number(ref), around: Number(button.dataset.around) });
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && panel().contains(document.activeElement)) back();
    });
    watch("value", showNewest);
  }

  function sources(element, trigger, watch) {
    watch("value", showQuote);
  }

  return { conversation, sources };
})();
