// The page's own behaviour: asking, the conversation, what is pressed. Gradio runs `famqa.<panel>` once for each panel
// when it is first shown, and `trigger` sends an event to the server (see app.py).
window.famqa ??= (() => {
  const history_ = window.famqaHistory;
  const scope = window.famqaScope;
  const shownSource = window.famqaSources;
  const judging = window.famqaJudging;
  const send = {}; // by panel: trigger
  const find = (selector) => document.querySelector(selector);
  const box = () => document.getElementById("question-box");

  let asking = null; // the question that has no answer yet: {question, within, number, key}
  let highest = 0; // number of a turn of this page; no number is given twice, a stopped question's neither
  let alone = false; // what stands in the box is a question of its own

  function sources(element, trigger, watch) {
    watch("value", () => {
      shownSource.changed();
      judging.show();
    });
    started("sources");
  }

  // --- the conversation

  const turns = () => [...document.querySelectorAll("#conversation .turn")];

  function showNewest() {
    const newest = turns().at(-1);
    if (!newest) return;
    const log = find("#conversation");
    if (log.scrollHeight > log.clientHeight + 1) {
      log.scrollTop += newest.getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
    } else if (turns().length > 1) {
      newest.scrollIntoView({ block: "start" });
    }
  }

  let shown = 0; // the number of the newest turn, so that only a new one moves the page

  const turnOf = (number) => turns().find((turn) => turn.dataset.turn === String(number));

  // What was drawn may be older than what is asked: a verdict beside it, or a last word on a question that was stopped.
  function dropStale() {
    for (const turn of turns()) {
      if (turn.querySelector(".pending") && turn.dataset.turn !== String(asking?.number)) turn.remove();
    }
    if (asking !== null && !turnOf(asking.number)) showPending();
  }

  function conversationChanged() {
    dropStale();
    const newest = turns().at(-1);
    const isDone = asking !== null && !turnOf(asking.number).querySelector(".pending");
    if (isDone) busy(null);
    if (newest && (isDone || Number(newest.dataset.turn) !== shown)) showNewest();
    shown = Number(newest?.dataset.turn ?? 0);
    shownSource.press();
    history_.save(turns().map((turn) => [Number(turn.dataset.turn), turn.dataset.record ? JSON.parse(turn.dataset.record) : null]));
    find("#fresh").hidden = asking !== null || newest === undefined;
    if (!newest) showEarlier();
  }

  function conversation(element, trigger, watch) {
    send.conversation = (type, data = {}) => trigger(type, { ...data, records: history_.records() });
    element.setAttribute("role", "log"); // what is added is read out
    element.setAttribute("aria-label", "Conversation");
    document.addEventListener("click", clicked);
    document.addEventListener("keydown", pressed);
    watch("value", conversationChanged);
    started("conversation");
  }

  // With the place that the address names: two events would come back in any order, and one would close the source.
  function restore(place = {}) {
    const records = history_.records();
    scope.choose(records.at(-1)?.within ?? []);
    if (place.source) shownSource.expect();
    send.conversation("apply", place);
  }

  function startAfresh() {
    history_.fresh();
    scope.choose([]);
    send.conversation("apply");
    box().focus();
  }

  // --- asking

  // The question stands in the conversation at once, whatever the server has to do first; its answer is drawn over it.
  function showPending() {
    const { question, within, number } = asking;
    const turn = document.createElement("section");
    turn.className = "turn";
    turn.dataset.turn = String(number);
    const line = (css, text) => {
      const made = document.createElement("p");
      made.className = css;
      made.textContent = text;
      turn.append(made);
      return made;
    };
    line("question", question.slice(0, 600)).dir = "auto";
    if (within.length) line("asked-of", `asked of: ${within.join(", ")}`).dir = "auto";
    line("pending", "waiting…").prepend(...[1, 2, 3].map(() => document.createElement("span")));
    find("#conversation .html-container > div").append(turn);
    shown = number;
    showNewest();
  }

  function busy(asked) {
    asking = asked;
    find("#ask").hidden = asked !== null;
    find("#stop").hidden = asked === null;
    find("#fresh").hidden = asked !== null || turns().length === 0;
    if (asked === null && document.activeElement === document.body) box().focus();
  }

  function ask(question, { within = scope.names(), again = 0, by_itself = false } = {}) {
    if (asking !== null || !question.trim()) return;
    const records = history_.records();
    leaveLink();
    const last = turns().at(-1);
    highest = Math.max(highest, Number(last?.dataset.turn ?? 0)) + 1;
    if (again && last?.dataset.turn === String(again)) last.remove();
    busy({ question, within, number: highest, key: history_.newId() });
    showPending();
    send.form("submit", { question, within, alone: by_itself, again, records, number: highest, key: asking.key });
  }

  // The question goes back into the box, so that nothing is lost.
  function takeBack() {
    const { question, number } = asking;
    turnOf(number)?.remove();
    busy(null);
    write(question);
  }

  function stop() {
    if (asking === null) return;
    send.form("stop", { key: asking.key });
    takeBack();
  }

  // The server did not take the question: it is too busy, or cannot be reached. Gradio says which.
  const failed = () => asking !== null && takeBack();

  function write(question) {
    box().value = question;
    grow();
    box().focus();
  }

  function grow() {
    box().style.height = "auto";
    box().style.height = `${Math.min(box().scrollHeight, 160)}px`;
  }

  function submit() {
    const question = box().value;
    if (asking !== null || !question.trim()) return;
    write("");
    ask(question, { by_itself: alone });
    alone = false;
  }

  function form(element, trigger, watch, server) {
    send.form = trigger;
    element.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    box().addEventListener("input", () => {
      if (!box().value.trim()) alone = false;
      grow();
    });
    box().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    scope.start(server);
    started("form");
  }

  // --- earlier conversations

  function showEarlier() {
    const conversations = history_.all();
    const place = find("#earlier .html-container > div");
    if (!conversations.length) return place.replaceChildren();
    const title = document.createElement("h3");
    title.textContent = "Earlier";
    const list = document.createElement("ul");
    for (const { id, at, records } of conversations) {
      const item = document.createElement("li");
      const reopen = document.createElement("button");
      reopen.type = "button";
      reopen.className = "reopen";
      reopen.dataset.id = id;
      const words = document.createElement("span");
      words.textContent = String(records[0].question);
      words.dir = "auto";
      const when = document.createElement("span");
      when.className = "when";
      const count = records.length > 1 ? `${records.length} questions · ` : "";
      when.textContent = count + new Date(at).toLocaleDateString(undefined, { day: "numeric", month: "short" });
      reopen.append(words, when);
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "forget";
      remove.dataset.id = id;
      remove.textContent = "×";
      remove.setAttribute("aria-label", `Forget: ${records[0].question}`);
      item.append(reopen, remove);
      list.append(item);
    }
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "forget-all";
    clear.textContent = "Forget all";
    const note = document.createElement("p");
    note.append("Kept in this browser only. ", clear);
    place.replaceChildren(title, list, note);
  }

  function earlier() {
    started("earlier");
  }

  function correction(element, trigger) {
    judging.start(element, trigger);
    started("correction");
  }

  // --- taking away

  const base = () => location.origin + location.pathname;
  // The address names what was opened by a link; a reload is not to bring that back once something else is shown.
  const leaveLink = () => location.search && window.history.replaceState(null, "", base());

  async function copy(button, text) {
    button.dataset.label ??= button.textContent;
    let copied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copied = copyAsBefore(text); // pages that did not come over https have no clipboard
    }
    button.textContent = copied ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = button.dataset.label), 1500);
  }

  function copyAsBefore(text) {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    const focused = document.activeElement;
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    focused?.focus();
    return copied;
  }

  // --- what is pressed

  function clicked(event) {
    const link = event.target.closest("a.link");
    if (link) {
      event.preventDefault();
      copy(link, base() + link.getAttribute("href"));
      return;
    }
    const button = event.target.closest("button");
    if (!button) return;
    const { dataset } = button;
    if (button.closest("#conversation") && dataset.ref !== undefined) {
      leaveLink();
      shownSource.open(button, () => send.conversation("select", { turn: Number(dataset.turn), ref: Number(dataset.ref) }));
    } else if (button.matches("#welcome .chip")) {
      ask(button.textContent);
    } else if (button.matches(".browse")) {
      leaveLink();
      shownSource.expect(button);
      send.conversation("select", { document: dataset.document });
    } else if (button.matches(".tool.back")) {
      shownSource.back();
    } else if (button.matches(".tool.close")) {
      shownSource.close();
    } else if (button.matches("#sources .more")) {
      send.conversation("expand", shownSource.more(Number(dataset.around)));
    } else if (button.matches(".edit")) {
      alone = true;
      write(dataset.question);
    } else if (button.matches(".again")) {
      const turn = button.closest(".turn");
      ask(turn.querySelector(".question").textContent, { again: Number(turn.dataset.turn) });
    } else if (button.matches(".copy")) {
      const parts = JSON.parse(dataset.parts);
      copy(button, parts.map((part, at) => (at % 2 ? base() + part : part)).join(""));
    } else if (button.matches(".judge")) {
      judging.judge(button, send.conversation);
    } else if (button.id === "stop") {
      stop();
    } else if (button.id === "fresh") {
      startAfresh();
    } else if (button.matches(".reopen")) {
      history_.open(dataset.id);
      restore();
    } else if (button.matches(".forget, .forget-all")) {
      button.matches(".forget") ? history_.remove(dataset.id) : history_.clear();
      showEarlier();
      (find("#earlier .forget") ?? box()).focus();
    }
  }

  function pressed(event) {
    if (event.key === "Escape") {
      if (scope.close()) return;
      if (shownSource.hasFocus()) shownSource.back();
      else stop();
    } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      if (shownSource.step(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    }
  }

  // --- the start: what the address asks for, or the conversation that this tab had

  const waitingFor = new Set(["conversation", "sources", "form", "correction", "earlier"]);

  function started(name) {
    waitingFor.delete(name);
    if (waitingFor.size === 0 && name) setTimeout(begin);
  }

  function begin() {
    const asked = new URLSearchParams(location.search);
    showEarlier();
    if (asked.get("q")) {
      history_.fresh();
      scope.choose(asked.getAll("in"));
      ask(asked.get("q"), { by_itself: true });
    } else if (asked.get("source")) {
      restore({ source: asked.get("source"), at: asked.get("at") ?? location.hash.slice(1) });
    } else if (history_.records().length) {
      restore();
    }
  }

  return { conversation, sources, form, correction, earlier, failed };
})();
