// The page works without this script. It refreshes the views, and adds keys for links and buttons.

const every = 1000 * Math.max(2, Number(document.querySelector('.live')?.dataset.every ?? 5));
const live = document.querySelector('.live');
let paused = false;
let etag = null;
let failingSince = null;

const isTyping = (target) => target.closest?.('input:not([type=checkbox]), textarea, select');

/** No refresh while text or rows are selected, a field has the focus, or a dialog is open. */
const isHeld = () =>
  paused || document.hidden || String(getSelection()).length > 0 ||
  document.querySelector('main input[type=checkbox]:checked, dialog[open]') !== null ||
  document.activeElement?.matches('main input:not([type=checkbox]), main select, main textarea') === true;

function say(text) {
  const status = live?.querySelector('[role=status]');
  if (status && status.textContent !== text) status.textContent = text;
  live?.toggleAttribute('data-failing', text.startsWith('no answer'));
}

/** Replaces each part marked data-live that has changed. Open details, focus and the current row are kept. */
function replace(fresh) {
  for (const part of document.querySelectorAll('[data-live]')) {
    const name = CSS.escape(part.dataset.live);
    const next = fresh.querySelector(`[data-live="${name}"]`);
    if (!next || next.isEqualNode(part)) continue;
    for (const open of part.querySelectorAll('details[open][id]')) {
      next.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute('open', '');
    }
    const focus = document.activeElement?.closest('[data-live]') === part
      ? [...part.querySelectorAll('a, button')].indexOf(document.activeElement) : -1;
    const current = [...part.querySelectorAll('[data-row]')].findIndex((row) => row.matches('.at'));
    next.querySelectorAll('[data-row]')[current]?.classList.add('at');
    part.replaceWith(document.adoptNode(next));
    if (focus >= 0) next.querySelectorAll('a, button')[focus]?.focus({ preventScroll: true });
  }
}

async function renew() {
  try {
    if (isHeld()) {
      say(paused ? 'paused' : 'held');
      return;
    }
    const headers = { Accept: 'text/html' };
    if (etag) headers['If-None-Match'] = etag;
    const answer = await fetch(location.href, {
      headers, cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(4 * every),
    });
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      etag = answer.headers.get('ETag');
      if (!isHeld()) replace(new DOMParser().parseFromString(text, 'text/html'));
    }
    failingSince = null;
    say('live');
  } catch {
    failingSince ??= new Date().toLocaleTimeString();
    say(`no answer since ${failingSince}`);
  } finally {
    setTimeout(renew, every);
  }
}

function pause() {
  paused = !paused;
  const button = live?.querySelector('[data-pause]');
  if (button) button.textContent = paused ? 'Go on' : 'Pause';
  say(paused ? 'paused' : 'live');
}

// Keys -------------------------------------------------------------------------------------------

const KEYS = [
  ['g then o, e, w, d, a, s', 'overview, events, pending, dead letters, alerts, settings'],
  ['/', 'search'],
  ['j, k', 'next and previous row'],
  ['x', 'select the row'],
  ['Enter', 'open the row'],
  ['Shift + R', 'replay'],
  ['r', 'pause, or go on'],
  ['?', 'these keys'],
];

function help() {
  let dialog = document.querySelector('dialog.keys');
  if (!dialog) {
    dialog = document.createElement('dialog');
    dialog.className = 'keys';
    dialog.setAttribute('aria-label', 'Keys');
    const list = document.createElement('dl');
    for (const [key, what] of KEYS) {
      list.append(Object.assign(document.createElement('dt'), { textContent: key }));
      list.append(Object.assign(document.createElement('dd'), { textContent: what }));
    }
    const close = Object.assign(document.createElement('button'), { textContent: 'Close', type: 'button' });
    close.addEventListener('click', () => dialog.close());
    dialog.append(list, close);
    document.body.append(dialog);
  }
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

function move(by) {
  const rows = [...document.querySelectorAll('main [data-row]')];
  if (rows.length === 0) return;
  const now = rows.findIndex((row) => row.matches('.at'));
  const next = rows[Math.min(rows.length - 1, Math.max(0, now < 0 ? 0 : now + by))];
  rows[now]?.classList.remove('at');
  next.classList.add('at');
  next.scrollIntoView({ block: 'nearest' });
}

const row = () => document.querySelector('main [data-row].at');
let leader = 0;

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target)) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  if (document.querySelector('dialog[open]') && event.key !== '?') return;
  const key = event.key;
  if (Date.now() - leader < 1500) {
    leader = 0;
    const link = document.querySelector(`nav [data-key="${CSS.escape(key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
      return;
    }
  }
  const does = {
    g: () => { leader = Date.now(); },
    '/': () => document.querySelector('.search input')?.focus(),
    j: () => move(1),
    k: () => move(-1),
    x: () => row()?.querySelector('input[type=checkbox]')?.click(),
    r: pause,
    R: () => document.querySelector('[data-replay]')?.click(),
    '?': help,
  }[key];
  if (does) {
    event.preventDefault();
    does();
  } else if (key === 'Enter' && row() && !event.target.closest('a, button, summary')) {
    event.preventDefault();
    row().querySelector('a')?.click();
  }
});

document.addEventListener('click', (event) => {
  const at = event.target.closest?.('[data-pause], [data-help], [data-copy], [data-all]');
  if (!at) return;
  if (at.matches('[data-pause]')) pause();
  if (at.matches('[data-help]')) help();
  if (at.matches('[data-copy]')) copy(at);
  if (at.matches('[data-all]')) {
    for (const box of document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(at.dataset.all)}"]`)) {
      box.checked = at.checked;
    }
  }
});

/** Copies the text of the element that the button's data-copy names. */
async function copy(button) {
  const text = document.getElementById(button.dataset.copy)?.textContent ?? '';
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    // Browsers refuse this on an insecure origin. The text is selected instead.
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    button.textContent = 'Selected';
  }
  setTimeout(() => { button.textContent = before; }, 2000);
}

/** Asks for confirmation before a form that cannot be undone. */
document.addEventListener('submit', (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

if (live) {
  live.hidden = false;
  setTimeout(renew, every);
}
