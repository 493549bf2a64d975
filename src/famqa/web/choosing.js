// The browser's own list of question files: the chosen one is the value that goes to the server. Gradio runs this with
// its `element`, `trigger`, `props` and `watch`.
element.addEventListener('change', (event) => {
  props.value = event.target.value;
  trigger('input');
});

watch(['value', 'options'], () => {
  element.querySelector('select').value = props.value ?? '';
});
