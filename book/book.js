// What the pages do: dark mode, the drawer, copying, the table of contents, maths, progress, search, keys.
(() => {
  'use strict';
  const root = document.documentElement, body = document.body, top = window.BOOK_TOP;
  const one = (s, in_ = document) => in_.querySelector(s), all = (s, in_ = document) => [...in_.querySelectorAll(s)];
  const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

  // ---- Dark mode: the system's, until somebody chooses
  const mode = one('#mode'), system = matchMedia('(prefers-color-scheme: dark)');
  const show_mode = dark => {
    root.classList.toggle('dark', dark);
    one('span', mode).textContent = dark ? 'Light mode' : 'Dark mode';
  };
  const chosen = () => { try { return localStorage.getItem('kindling-mode'); } catch { return null; } };
  show_mode(root.classList.contains('dark'));
  mode.onclick = () => {
    const dark = !root.classList.contains('dark');
    try { localStorage.setItem('kindling-mode', dark ? 'dark' : 'light'); } catch { /* private window */ }
    show_mode(dark);
  };
  system.addEventListener('change', e => { if (!chosen()) show_mode(e.matches); });

  // ---- The drawer of a phone
  const menu = one('#menu'), shade = one('.shade');
  const drawer = open => {
    body.classList.toggle('drawer', open);
    shade.hidden = !open;
    menu.setAttribute('aria-expanded', open);
  };
  menu.onclick = () => drawer(!body.classList.contains('drawer'));
  shade.onclick = () => drawer(false);

  // ---- Copying code: without prompts
  for (const figure of all('figure.code:not(.output)')) {
    const button = make('button', {className: 'copy', textContent: 'Copy'});
    button.onclick = async () => {
      const copy = one('pre', figure).cloneNode(true);
      all('.prompt, .ln', copy).forEach(e => e.remove());
      await navigator.clipboard.writeText(copy.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    };
    figure.append(button);
  }

  // ---- Maths
  if (window.katex) for (const e of all('.math'))
    katex.render(e.textContent, e, {displayMode: e.classList.contains('display'), throwOnError: false});

  // ---- Notes open where they are called
  for (const ref of all('.note-ref')) ref.onclick = event => {
    event.preventDefault();
    ref.nextElementSibling.classList.toggle('open');
  };

  // ---- The table of contents follows the reader
  const links = new Map(all('.toc a').map(a => [decodeURIComponent(a.hash.slice(1)), a]));
  const heads = all('article h2[id], article h3[id]').filter(h => links.has(h.id));
  const follow = () => {
    let now = heads[0];
    for (const head of heads) if (head.getBoundingClientRect().top < innerHeight * .3) now = head;
    if (innerHeight + scrollY >= document.body.scrollHeight - 4) now = heads[heads.length - 1];
    for (const [id, a] of links) a.classList.toggle('now', !!now && id === now.id);
    const a = now && links.get(now.id), toc = one('.toc');
    if (a && toc.scrollHeight > toc.clientHeight) toc.scrollTop = a.offsetTop - toc.clientHeight / 2;
  };
  if (heads.length) { addEventListener('scroll', follow, {passive: true}); follow(); }

  // A link to something folded unfolds it.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest('details');
    if (folded) { folded.open = true; target.scrollIntoView(); }
  };
  addEventListener('hashchange', unfold);
  unfold();

  // ---- What the learner has done: ./learn writes it into progress.js
  const done = new Set(window.BOOK_DONE || []);
  for (const card of all('[data-exercise]')) {
    if (!done.has(card.dataset.exercise)) continue;
    card.classList.add('solved');
    one('h3', card).append(make('span', {className: 'done', textContent: '✓ done'}));
  }
  const solved = chapter => [...done].filter(number => number.split('.')[0] === chapter).length;
  const totals = window.BOOK_TOTALS || {};
  for (const item of all('.side [data-chapter]')) {
    const n = solved(item.dataset.chapter), of = totals[item.dataset.chapter];
    if (!n || !of) continue;
    one('a', item).append(make('span', {className: 'progress' + (n === of ? ' whole' : ''), textContent: n === of ? '✓' : `${n}/${of}`}));
  }
  for (const card of all('.card[data-chapter]')) {
    const n = solved(card.dataset.chapter), of = +card.dataset.exercises;
    if (!n) continue;
    one('.count', card).textContent = n === of ? `all ${of} exercises solved` : `${n} of ${of} exercises solved`;
    const meter = make('div', {className: 'meter'});
    meter.append(make('i'));
    meter.firstChild.style.width = `${100 * n / of}%`;
    one('.count', card).after(meter);
  }
  const next = window.BOOK_NEXT, further = one('.continue');
  if (further && next && done.size) {
    Object.assign(further, {hidden: false, href: next.url, textContent: `Continue with ${next.number}, ${next.title}`});
  }

  // ---- Search
  const dialog = one('#search'), query = one('#query'), results = one('#results');
  let index = null, selected = 0;
  const open = () => {
    if (dialog.open) return;
    drawer(false);
    dialog.showModal();
    query.select();
    if (index) return;
    const script = make('script', {src: top + 'search.js'});  // a script, as file:// lets no page read files
    script.onload = () => {
      index = window.BOOK_INDEX.map(([url, page, head, text]) => ({url, page, head, text, names: (page + ' ' + head).toLowerCase(), words: text.toLowerCase()}));
      find();
    };
    document.head.append(script);
  };
  const escape = s => s.replace(/[&<>"]/g, c => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'}[c]));
  // "a" and "of" are found as words only, longer ones also within words.
  const pattern = word => { const p = word.replace(/[^\w\s]/g, '\\$&'); return word.length < 3 && /^\w+$/.test(word) ? `\\b${p}\\b` : p; };
  const score = (section, words) => {
    let sum = 0;
    for (const word of words) {
      const any = new RegExp(pattern(word), 'g'), count = (section.words.match(any) || []).length, at = section.names.search(any);
      if (!count && at < 0) return 0;
      const whole = at >= 0 && !/\w/.test(section.names[at - 1] || ' ') && !/\w/.test(section.names[at + word.length] || ' ');
      sum += (at >= 0 ? 12 : 0) + (whole ? 12 : 0) + Math.min(count, 6);
    }
    return sum + (section.page === 'API' ? 0 : 5);  // the book before the reference
  };
  const find = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!index || !words.length) { results.replaceChildren(); return; }
    const hits = index.map(s => [score(s, words), s]).filter(h => h[0]).sort((a, b) => b[0] - a[0]).slice(0, 20);
    const any = new RegExp('(' + words.map(w => pattern(escape(w))).join('|') + ')', 'gi');
    const lit = s => escape(s).replace(any, '<mark>$1</mark>');
    results.innerHTML = hits.map(([, s]) => {
      const at = Math.max(0, Math.min(...words.map(w => s.words.search(pattern(w))).filter(i => i >= 0), s.text.length) - 60);
      const start = at ? s.text.indexOf(' ', at) + 1 : 0;
      const text = s.text.length > start ? (start ? '… ' : '') + s.text.slice(start, start + 170) : s.text.slice(0, 170);
      return `<a role="option" href="${escape(top + s.url)}"><span class="${s.head ? 'in' : ''}">${lit(s.page)}</span>${lit(s.head)}<small>${lit(text)}</small></a>`;
    }).join('') || '<p>Nothing found.</p>';
    select(0);
  };
  const select = i => {
    const options = all('a', results);
    if (!options.length) return;
    selected = (i + options.length) % options.length;
    options.forEach((a, k) => a.setAttribute('aria-selected', k === selected));
    options[selected].scrollIntoView({block: 'nearest'});
  };
  all('.open-search').forEach(b => { b.onclick = open; });
  query.oninput = find;
  dialog.onclick = e => { if (e.target === dialog || e.target.closest('#results a')) dialog.close(); };
  dialog.onkeydown = e => {
    const step = {ArrowDown: 1, ArrowUp: -1}[e.key];
    if (step) { e.preventDefault(); select(selected + step); }
    if (e.key === 'Escape') { e.preventDefault(); dialog.close(); }  // a search field would only be emptied
    if (e.key === 'Enter') { e.preventDefault(); all('a', results)[selected]?.click(); }
  };

  // ---- Keys: / or Ctrl-K searches, arrows turn pages
  addEventListener('keydown', e => {
    if ((e.key === 'k' && (e.ctrlKey || e.metaKey))) { e.preventDefault(); open(); return; }
    if (e.target.closest('input, textarea, dialog, pre') || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === '/') { e.preventDefault(); open(); }
    if (e.key === 'Escape') drawer(false);
    const page = {ArrowLeft: 'a[rel=prev]', ArrowRight: 'a[rel=next]'}[e.key];
    if (page) one(page)?.click();
  });
})();
