// The Documents page: its buttons ask where that is wanted, and then say to the server what is to be done.
// Gradio runs `famqaDocuments` once, when the table of documents is first shown.
window.famqaDocuments ??= (trigger) => {
  const page = document.getElementById("documents");
  const dialog = document.createElement("dialog");
  const question = document.createElement("p");
  const yes = document.createElement("button");
  const no = document.createElement("button");
  const buttons = document.createElement("div");
  question.id = "documents-ask";
  dialog.setAttribute("aria-labelledby", question.id);
  yes.type = no.type = "button";
  yes.className = "danger";
  no.textContent = "Cancel";
  buttons.className = "buttons";
  buttons.append(yes, no);
  dialog.append(question, buttons);
  page.append(dialog);

  const news = document.getElementById("documents-news");
  news.setAttribute("aria-live", "polite");
  news.tabIndex = -1;

  let wanted = null; // what the open dialog asks about
  const send = ({ deed, key }) => trigger(deed, { key: key ?? "" });

  yes.addEventListener("click", () => {
    dialog.close();
    send(wanted);
  });
  no.addEventListener("click", () => dialog.close());

  page.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-deed]");
    if (!button) return;
    if (!button.dataset.ask) {
      send(button.dataset);
      return;
    }
    wanted = { ...button.dataset };
    question.textContent = button.dataset.ask;
    yes.textContent = button.textContent;
    dialog.showModal();
    no.focus();
  });

  // What had the focus may have gone with what was done: then the news has it, and not the top of the page.
  let last = null;
  page.addEventListener("focusin", (event) => (last = event.target));
  new MutationObserver(() => {
    if (last && !last.isConnected && document.activeElement === document.body) {
      const running = page.querySelector(".plan.running button");
      (running ?? news).focus();
      last = document.activeElement;
    }
  }).observe(page, { childList: true, subtree: true });
};
