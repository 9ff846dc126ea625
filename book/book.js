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
  const narrow = matchMedia('(max-width: 1280px)');
  const links = new Map(all('.toc a').map(a => [decodeURIComponent(a.hash.slice(1)), a]));
  const heads = all('article h2[id], article h3[id]').filter(h => links.has(h.id));
  const follow = () => {
    let now = heads[0];
    for (const head of heads) if (head.getBoundingClientRect().top < innerHeight * .3) now = head;
    if (innerHeight + scrollY >= document.body.scrollHeight - 4) now = heads[heads.length - 1];
    for (const [id, a] of links) a.classList.toggle('now', !!now && id === now.id);
    const a = now && links.get(now.id), toc = one('.toc'), list = narrow.matches ? one('ul', toc) : toc;
    if (a) one('summary span', toc).textContent = a.textContent;
    if (a && list.scrollHeight > list.clientHeight) list.scrollTop = a.offsetTop - list.clientHeight / 2;
  };
  // Without room beside the text, it is folded, and folds again behind the reader.
  const contents = one('.toc details');
  if (contents) {
    narrow.addEventListener('change', () => { contents.open = !narrow.matches; });
    contents.onclick = e => { if (narrow.matches && e.target.closest('a')) contents.open = false; };
    addEventListener('click', e => { if (narrow.matches && !e.target.closest('.toc')) contents.open = false; });
  }
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
  for (const card of all('.exercise[data-exercise]')) {
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
  for (const layer of all('.layer[data-chapter]')) {
    const n = solved(layer.dataset.chapter), of = +layer.dataset.exercises;
    if (!n || !of) continue;
    layer.classList.add(n === of ? 'whole' : 'begun');
    layer.firstElementChild.append(make('span', {className: 'progress', textContent: n === of ? '✓ solved' : `${n} of ${of} solved`}));
  }
  // Once something is solved, what comes next is the big button.
  const next = window.BOOK_NEXT, further = one('.continue');
  if (further && next && done.size) {
    Object.assign(further, {hidden: false, href: next.url, textContent: `Continue with ${next.number}, ${next.title}`});
    const first = one('.button.first');
    first.before(further, ' ');
    further.classList.add('button');
    first.classList.remove('button');
  }
  // An answer that is one's own as well needs no question.
  for (const guard of all('.guard[data-exercise]')) if (done.has(guard.dataset.exercise)) {
    guard.classList.add('solved');
    one('details', guard).open = true;
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
      index = window.BOOK_INDEX.map(([kind, url, page, head, text]) =>
        ({kind, url, page, head, text, titles: plain(page), heads: plain(head), words: plain(text)}));
      find();
    };
    script.onerror = () => say('The index of the book could not be loaded.');
    document.head.append(script);
  };
  const say = text => results.replaceChildren(make('p', {textContent: text}));
  // Small letters and plain quotes, each in its place.
  const plain = s => s.replace(/[A-Z]/g, c => c.toLowerCase()).replace(/[‘’]/g, "'").replace(/[“”]/g, '"');
  const letter = c => c !== undefined && /[\p{L}\p{N}_]/u.test(c);
  // Where `word` stands in `text`: a whole word is better than the beginning of one, and that better than a part of one.
  // "a" and "of" are found as whole words only.
  const places = (word, text) => {
    const found = [];
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
      const begins = !letter(word[0]) || !letter(text[at - 1]);
      const ends = !letter(word[word.length - 1]) || !letter(text[at + word.length]);
      if (word.length > 2 || (begins && ends)) found.push({at, rank: begins && ends ? 3 : begins ? 2 : 1});
    }
    return found;
  };
  const rank = (word, text) => Math.max(0, ...places(word, text).map(p => p.rank));

  // Titles count more than headings, and headings more than text. 0: some word is nowhere.
  const score = (entry, words) => {
    let sum = 0;
    for (const word of words) {
      const title = rank(word, entry.titles), head = rank(word, entry.heads), text = places(word, entry.words);
      if (!title && !head && !text.length) return 0;
      sum += (entry.head ? title : 100 * title) + 20 * head + Math.min(text.length, 6) + (text.some(p => p.rank > 1) ? 3 : 0);
      if (entry.kind === 'guide') sum += head ? 30 : 8;  // who asks for "install" or "watch" has just begun
    }
    return sum;
  };
  // Of the API: what is called exactly so, types before functions, short names before long ones.
  const last = name => name.slice(name.lastIndexOf(':') + 1);
  const score_name = (entry, words) => {
    const sum = score({...entry, titles: ''}, words), exact = words.length === 1 && last(entry.heads) === last(words[0]);
    return sum && sum + (exact ? 100 : 0) + (/^[A-Z]/.test(last(entry.head)) ? 30 : 0) - entry.head.length / 10;
  };
  // The chapters before the API, unless the words are a name: sum_to, Tensor::backward, item().
  const hits = (words, asked) => {
    const best = (entries, scoring) => entries.map(e => [scoring(e, words), e]).filter(h => h[0]).sort((a, b) => b[0] - a[0]).map(h => h[1]);
    const book = best(index.filter(e => e.kind !== 'api'), score), api = best(index.filter(e => e.kind === 'api'), score_name);
    const name = asked.replace(/\(\)$/, '');
    const called = /::|_|\(\)$/.test(asked) ? api.filter(e => e.heads === name || e.heads.endsWith('::' + name)).slice(0, 3) : [];
    const most = 20 - called.length, of_api = api.filter(e => !called.includes(e));
    const exact = of_api.length && last(of_api[0].heads) === last(name);  // it is to be seen without scrolling
    const of_book = book.slice(0, exact ? 5 : Math.max(most / 2, most - of_api.length));
    return [...called, ...of_book, ...of_api.slice(0, most - of_book.length)];
  };

  // `text` with the words marked.
  const marked = (text, words) => {
    const all_places = words.flatMap(w => places(w, plain(text)).map(p => [p.at, p.at + w.length])).sort((a, b) => a[0] - b[0]);
    const nodes = [];
    let at = 0;
    for (const [from, to] of all_places) {
      if (from < at) continue;
      nodes.push(text.slice(at, from), make('mark', {textContent: text.slice(from, to)}));
      at = to;
    }
    return [...nodes, text.slice(at)];
  };
  // Some whole words around the first of those searched for; the beginning, where they stand in the heading.
  const snippet = (entry, words) => {
    const in_names = words.every(w => rank(w, entry.heads) || rank(w, entry.titles));
    const firsts = words.flatMap(w => places(w, entry.words)).sort((a, b) => b.rank - a.rank || a.at - b.at);
    let from = in_names || !firsts.length ? 0 : Math.max(0, firsts[0].at - 60);
    if (from) from = entry.text.indexOf(' ', from) + 1;
    if (firsts.length && from > firsts[0].at) from = firsts[0].at;  // a word longer than that
    let to = entry.text.length;
    if (to - from > 170) to = entry.text.lastIndexOf(' ', from + 170);
    if (to <= from) to = (entry.text.indexOf(' ', from) + 1 || entry.text.length + 1) - 1;
    return (from ? '… ' : '') + entry.text.slice(from, to) + (to < entry.text.length ? ' …' : '');
  };
  const result = (entry, words, i) => {
    const a = make('a', {href: top + entry.url, id: `result-${i}`});
    a.setAttribute('role', 'option');
    const page = make('span', {className: entry.head ? 'in' : ''}), small = make('small');
    page.append(...marked(entry.page, words));
    small.append(...marked(snippet(entry, words), words));
    a.append(page, ...marked(entry.head, words), small);
    return a;
  };
  const find = () => {
    const asked = plain(query.value.trim()), words = asked.replace(/\(\)/g, '').split(/\s+/).filter(Boolean);
    query.removeAttribute('aria-activedescendant');
    if (!index || !words.length) { results.replaceChildren(); return; }
    const found = hits(words, asked);
    if (!found.length) { say(`Nothing found for “${query.value.trim()}”.`); return; }
    results.replaceChildren(...found.map((entry, i) => result(entry, words, i)));
    results.scrollTop = 0;
    select(0);
  };
  const select = i => {
    const options = all('a', results);
    if (!options.length) return;
    selected = (i + options.length) % options.length;
    options.forEach((a, k) => a.setAttribute('aria-selected', k === selected));
    query.setAttribute('aria-activedescendant', options[selected].id);
    options[selected].scrollIntoView({block: 'nearest'});
  };
  all('.open-search').forEach(b => { b.onclick = open; });
  query.oninput = find;
  dialog.onclick = e => { if (e.target === dialog || e.target.closest('#results a')) dialog.close(); };
  dialog.onkeydown = e => {
    if (e.isComposing) return;
    const step = {ArrowDown: 1, ArrowUp: -1}[e.key];
    if (step) { e.preventDefault(); select(selected + step); }
    if (e.key === 'Escape') { e.preventDefault(); dialog.close(); }  // a search field would only be emptied
    if (e.key === 'Enter' && !e.target.closest('a, button')) { e.preventDefault(); all('a', results)[selected]?.click(); }
  };

  // ---- Keys: / or Ctrl-K searches, arrows turn pages
  addEventListener('keydown', e => {
    if ((e.key === 'k' && (e.ctrlKey || e.metaKey))) { e.preventDefault(); open(); return; }
    if (e.target.closest('input, textarea, dialog, pre') || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === '/') { e.preventDefault(); open(); }
    if (e.key === 'Escape') { drawer(false); if (contents && narrow.matches) contents.open = false; }
    const page = {ArrowLeft: 'a[rel=prev]', ArrowRight: 'a[rel=next]'}[e.key];
    if (page) one(page)?.click();
  });
})();
