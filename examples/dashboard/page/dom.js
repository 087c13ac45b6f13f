// Makes an element: `element('button.small', { onclick }, 'text', child…)`.
export function element(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** A switch with a word beside it. `onTurn(isOn)` hears of it; `set(isOn)` moves it by hand. */
export function createSwitch(label, title, onTurn) {
  const input = element('input', { type: 'checkbox', checked: true, role: 'switch' });
  input.addEventListener('change', () => onTurn(input.checked));
  const root = element('label.switch', { title }, input, element('i'), element('span', {}, label));
  return {
    root,
    set: (isOn) => (input.checked = isOn),
    turn(isOn) {
      if (input.checked !== isOn) input.click();
    },
  };
}
