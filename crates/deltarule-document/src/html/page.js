// Opens the contents where they stand beside the text, and lets the keyboard reach what scrolls sideways, and nothing else.
(() => {
  const contents = document.querySelector('nav details');
  const beside = matchMedia('(min-width: 80rem)');
  const open = () => { if (contents) contents.open = beside.matches; };
  const look = () => {
    for (const box of document.querySelectorAll('.equation, .table, .drawing')) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
        box.setAttribute('role', 'group');
        box.setAttribute('aria-label', box.classList[0] + ', scrolls sideways');
      } else {
        for (const name of ['tabindex', 'role', 'aria-label']) box.removeAttribute(name);
      }
    }
  };
  open();
  look();
  beside.addEventListener('change', open);
  for (const event of ['load', 'resize']) addEventListener(event, look);
  document.fonts.ready.then(look);
})();
