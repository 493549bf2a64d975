// What the browser keeps: earlier conversations as records of their turns (no word of a document is among them, see
// turns.py), which of them this tab shows, and a random token that lets a verdict be taken back.
window.famqaHistory ??= (() => {
  const CONVERSATIONS = "famqa.conversations"; // [{id, at, records}], newest first; shared by all tabs
  const CURRENT = "famqa.current"; // of this tab, so that a reload finds it
  const VISITOR = "famqa.visitor";
  const MOST = 50;

  const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");

  // Storage may be switched off, full, or hold what an older page left.
  function read(storage, key) {
    try {
      return window[storage].getItem(key);
    } catch {
      return null;
    }
  }
  function write(storage, key, value) {
    try {
      if (value === null) window[storage].removeItem(key);
      else window[storage].setItem(key, value);
      return true;
    } catch {
      return false;
    }
  }

  function all() {
    try {
      const kept = JSON.parse(read("localStorage", CONVERSATIONS) ?? "[]");
      return kept.filter((each) => typeof each.id === "string" && Array.isArray(each.records) && each.records.length);
    } catch {
      return [];
    }
  }
  function store(conversations) {
    let kept = conversations.slice(0, MOST);
    while (!write("localStorage", CONVERSATIONS, JSON.stringify(kept)) && kept.length) kept = kept.slice(0, -1);
  }

  const current = () => read("sessionStorage", CURRENT);
  const records = () => all().find((each) => each.id === current())?.records ?? [];

  // `turns` are [number, record or null] as the page shows them; a turn without a record keeps the one it had.
  function save(turns) {
    const earlier = new Map(records().map((record) => [record.number, record]));
    const kept = turns.map(([number, record]) => record ?? earlier.get(number)).filter(Boolean);
    if (!kept.length) return;
    if (!current()) write("sessionStorage", CURRENT, newId());
    const id = current();
    const known = all();
    const same = known.find((each) => each.id === id);
    if (same && JSON.stringify(same.records) === JSON.stringify(kept)) return;
    const asked = same?.records.at(-1)?.number === kept.at(-1).number;
    const entry = { id, at: asked ? same.at : new Date().toISOString(), records: kept };
    store([entry, ...known.filter((each) => each.id !== id)]);
  }

  function visitor() {
    if (!read("localStorage", VISITOR)) write("localStorage", VISITOR, newId());
    return read("localStorage", VISITOR) ?? "";
  }

  return {
    newId,
    all,
    records,
    save,
    visitor,
    open: (id) => write("sessionStorage", CURRENT, id),
    fresh: () => write("sessionStorage", CURRENT, null),
    remove: (id) => store(all().filter((each) => each.id !== id)),
    clear: () => write("localStorage", CONVERSATIONS, null),
  };
})();
