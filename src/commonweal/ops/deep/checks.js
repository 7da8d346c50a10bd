// What is wrong with the open page, one sentence each. Run in the page by checks.py.
() => {
  const found = [], main = document.querySelector('main'), root = document.documentElement;
  const short = (node) => node.outerHTML.replace(/\s+/g, ' ').slice(0, 120);
  const seen = (node) => node.getClientRects().length && getComputedStyle(node).visibility !== 'hidden';

  if (!main) return ['it has no main part'];
  if (document.querySelectorAll('h1').length !== 1) found.push('it has not exactly one h1');
  if (!root.lang) found.push('it does not say its language');
  const title = document.title.split(' – ');
  if (title.length < 2 || !title[0].trim()) found.push(`its title names no page: ${document.title}`);

  // Words: what a person reads holds nothing of the machine.
  const copy = main.cloneNode(true);
  copy.querySelectorAll('pre, code, textarea, script, style').forEach((node) => node.remove());
  const text = copy.textContent.replace(/\s+/g, ' ');
  const machine = {
    'an internal id': /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/,
    'a value of the program': /\b(None|undefined|NaN|True|False)\b|\[object|<[A-Z]\w+ object/,
    'an unrendered template': /\{\{|\}\}|\{%|%\(\w+\)s/,
    'raw JSON': /\{["']\w+["']:/,
    'a raw time': /\d{4}-\d\d-\d\dT\d\d:\d\d|\d\d:\d\d:\d\d\.\d{3}/,
  };
  for (const [what, pattern] of Object.entries(machine)) {
    const hit = text.match(pattern);
    if (hit) found.push(`it shows ${what}: …${text.slice(Math.max(0, hit.index - 30), hit.index + 60)}…`);
  }
  if (!root.classList.contains('cw-workspace')) {
    const hit = text.match(/usage fact|proof pack|true-up/i);
    if (hit) found.push(`it says “${hit[0]}” to people of an agency or the public`);
  }

  // Focus: every kind of thing that takes the keyboard shows that it has it.
  const kinds = new Map();
  const takes = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  for (const node of document.querySelectorAll(takes)) {
    if (seen(node) && !node.disabled) kinds.set(`${node.tagName} ${node.type} ${node.className}`, node);
  }
  const drawn = (node) => {
    const around = [node, node.nextElementSibling, node.parentElement].filter(Boolean);
    return around.flatMap((each) => ['', '::before', '::after'].map((part) => {
      const style = getComputedStyle(each, part || null);
      return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow,
        style.backgroundColor, style.borderBottomColor, style.borderBottomWidth].join();
    })).join();
  };
  for (const node of kinds.values()) {
    node.blur();
    const before = drawn(node);
    node.focus({ preventScroll: true });
    if (document.activeElement === node && drawn(node) === before) {
      found.push(`it does not show the focus on ${short(node)}`);
    }
    node.blur();
  }

  // Fields: each has a name that a person hears, and a form says where it sends to whom.
  for (const node of main.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (!node.labels?.length && !node.getAttribute('aria-label')) found.push(`no label: ${short(node)}`);
  }
  for (const link of main.querySelectorAll('a[href^="#"]')) {
    const to = link.getAttribute('href').slice(1);
    if (to && !document.getElementById(to)) found.push(`a link leads to nothing on the page: ${short(link)}`);
  }
  return found;
}
