// The Sources panel: opens at a mark, a link or a document, keeps the quote in sight, leads back to where one was.
window.famqaSources ??= (() => {
  const find = (selector) => document.querySelector(selector);
  const panel = () => document.getElementById("sources");

  let opener = null; // the button that was pressed last
  let goWhenOpen = false; // the focus is to go to the source once it is there
  let heldAt = null; // where the quote stood when more of the document was asked for, so that it stays there

  const same = (one, other) => one?.dataset.turn === other?.dataset.turn && one?.dataset.ref === other?.dataset.ref;
  const head = () => panel().querySelector(".source-head");
  const isOpen = (button) => head() !== null && same(head(), button);
  const quote = () => [...panel().querySelectorAll("mark.quote")].find((mark) => mark.getClientRects().length > 0);
  const quoteTop = () =>
    (quote() ?? panel().querySelector(".text")).getBoundingClientRect().top -
    panel().querySelector(".doc").getBoundingClientRect().top;

  // The marks of the open source are pressed, all others are not.
  function press(button = head()) {
    for (const other of document.querySelectorAll("#conversation [data-ref]")) {
      other.setAttribute("aria-pressed", String(same(other, button)));
    }
  }

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
    if (mark && page) page.scrollTop += quoteTop() - (heldAt ?? restingPlace(mark, page));
    heldAt = null;
  }

  // Someone asked for the source: the focus goes to the quote, and the page to the panel where it lies below the chat.
  async function open(button, ask) {
    opener = button;
    find("#side").classList.remove("closed");
    if (!isOpen(button)) ask();
    for (let wait = 0; !isOpen(button) && opener === button && wait < 300; wait++) {
      await new Promise((done) => setTimeout(done, 30));
    }
    if (opener !== button || !isOpen(button)) return;
    press(button);
    goToQuote();
  }

  // A place that belongs to no turn comes next: by a permanent link, or a document from the shelf.
  function expect(button = null) {
    find("#side").classList.remove("closed");
    opener = button;
    goWhenOpen = true;
  }

  function goToQuote() {
    const target = quote() ?? panel().querySelector(".doc");
    if (!target) return;
    showQuote();
    if (target.matches("mark")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    const side = find("#side");
    if (side.getBoundingClientRect().left === 0) side.scrollIntoView({ block: "start" });
  }

  function back() {
    if (!opener?.isConnected) opener = find('#conversation .cite[aria-pressed="true"]');
    const target = opener?.getClientRects().length ? opener : find("#question-box");
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  }

  function close() {
    find("#side").classList.add("closed");
    back();
    press(null);
  }

  // Goes to the next (1) or the previous (-1) source of the turn whose source is open; false if there is none open.
  function step(by) {
    const buttons = [...document.querySelectorAll(`.turn[data-turn="${head()?.dataset.turn}"] [data-ref]`)];
    const first = new Map(buttons.map((button) => [button.dataset.ref, button]).reverse());
    const refs = [...first.keys()].map(Number).sort((a, b) => a - b);
    const next = refs[refs.indexOf(Number(head()?.dataset.ref)) + by];
    if (refs.length && next !== undefined) first.get(String(next)).click();
    return refs.length > 0;
  }

  // What to ask the server for to see more of what is open.
  function more(around) {
    heldAt = quoteTop();
    const { turn, ref } = head().dataset;
    const link = new URLSearchParams(head().querySelector("a.link")?.getAttribute("href") ?? "");
    const linked = turn === "0" && link.get("source") ? { source: link.get("source"), at: link.get("at") ?? "" } : {};
    return { turn: Number(turn), ref: Number(ref), around, ...linked };
  }

  function changed() {
    find("#side").classList.remove("closed");
    showQuote();
    press();
    if (goWhenOpen) goToQuote();
    goWhenOpen = false;
  }

  const hasFocus = () => find("#side").contains(document.activeElement);

  return { open, expect, back, close, step, more, changed, press, hasFocus, turn: () => head()?.dataset.turn };
})();
