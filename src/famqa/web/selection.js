// Where in its document the selected text stands. The page holds a document's text from `data-start` on, each code
// point once, table heads aside; offsets count code points, as everywhere.
window.famqaSelection ??= (() => {
  const length = (text) => Array.from(text).length;

  function words(range) {
    const piece = range.cloneContents();
    for (const head of piece.querySelectorAll("thead")) head.remove();
    return piece.textContent;
  }

  const element = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);

  // {doc, digest, start, end, text}; null where nothing of one open document is selected
  function selected() {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0).cloneRange();
    const text = element(range.startContainer).closest("#sources .text");
    if (!text || element(range.commonAncestorContainer).closest("thead")) return null;
    if (!text.contains(range.endContainer)) range.setEnd(text, text.childNodes.length); // a double click goes too far
    const before = document.createRange();
    before.setStart(text, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const chosen = words(range);
    if (!chosen.trim()) return null;
    const start = Number(text.dataset.start) + length(words(before));
    return { ...place(text), start, end: start + length(chosen), text: chosen };
  }

  const place = (text) => ({ doc: text.dataset.doc, digest: text.dataset.digest });

  // {doc, digest, near}: the open document, and where its quote begins; null where none is open
  function openDocument() {
    const text = document.querySelector("#sources .text");
    const near = Number(text?.querySelector("mark.quote")?.dataset.start ?? text?.dataset.start);
    return text ? { ...place(text), near } : null;
  }

  return { selected, openDocument };
})();
