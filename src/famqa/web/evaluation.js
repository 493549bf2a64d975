// What is pressed in a panel of the Evaluation page is told to the server by the data-* names that the server wrote;
// the panel is drawn anew then, and the focus goes back to where it was. Gradio runs this once for each panel, with
// its `element`, `trigger` and `watch`.
let pressed = null;
let opened = 0; // how many misses were listed when more of them were asked for

element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-do], button[data-cause]');
  if (!button) return;
  const wanted = { ...button.dataset, run: button.closest('[data-run]')?.dataset.run ?? '' };
  if (['delete', 'remove'].includes(wanted.do) && wanted.sure === undefined) {
    const words = button.textContent;
    button.dataset.sure = '';
    button.textContent = 'Delete for good?';
    button.addEventListener('blur', () => {
      delete button.dataset.sure;
      button.textContent = words;
    }, { once: true });
    return;
  }
  pressed = wanted;
  opened = element.querySelectorAll('.miss').length;
  trigger('select', wanted);
});

watch('value', () => {
  if (!pressed) return;
  const was = pressed;
  pressed = null;
  if (document.activeElement !== document.body) return; // who pressed it has gone on to something else
  const same = [...element.querySelectorAll('button[data-do], button[data-cause]')].find(
    (button) =>
      button.dataset.do === was.do &&
      button.dataset.cause === was.cause &&
      (button.closest('[data-run]')?.dataset.run ?? '') === was.run,
  );
  const next = was.most ? element.querySelectorAll('.miss summary')[opened] : same;
  (next ?? element.querySelector('button'))?.focus();
});
