'use strict';
// The array clock by clock. Every number here was written by the simulator; this script only picks what to show.
const page = JSON.parse(document.getElementById('data').textContent);
const { machine, formats, frames } = page;
const { rows, columns } = machine;
const stays = machine.dataflow === 'output_stationary';
const main = document.querySelector('main');
const flag = { input: 1, weight: 2, shadow: 4, passing: 8, sum: 16 };
// Of an element in a frame: flags, then indices into the tables, -1 for nothing.
const field = { flags: 0, input: 1, weight: 2, passing: 3, shadow: 4, sum: 5, product: 6 }, fields = 7;

const element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
};
const short = (text) => {
  const x = Number(text);
  if (!Number.isFinite(x) || text.length <= 5) return text;
  const three = x.toPrecision(3);
  return String(Number(three)).length < three.length ? String(Number(three)) : three;
};

// What all registers hold in each frame.
const states = (() => {
  const all = [];
  let state = new Int32Array(rows * columns * fields);
  for (let e = 0; e < rows * columns; ++e) state.fill(-1, e * fields + 1, (e + 1) * fields);
  for (const frame of frames) {
    state = state.slice();
    for (let i = 1; i < frame.length; i += fields + 1) state.set(frame.slice(i + 1, i + 1 + fields), frame[i] * fields);
    all.push(state);
  }
  return all;
})();
const held = (at, e, what) => (at < 0 ? -1 : states[at][e * fields + field[what]]);
const flagged = (at, e, what) => at >= 0 && (states[at][e * fields] & flag[what]) !== 0;

// The controls.
const button = (id, label, text) => element('button', { type: 'button', id, 'aria-label': label, title: label }, text);
const first = button('first', 'first cycle (Home)', '|\u25c0'), back = button('back', 'a cycle back (comma)', '\u25c0'), play = button('play', 'play (space)', 'Play'),
  forward = button('forward', 'a cycle on (full stop)', '\u25b6'), last = button('last', 'last cycle (End)', '\u25b6|');
const scrub = element('input', { type: 'range', id: 'scrub', min: '0', max: String(frames.length - 1), step: '1', value: '0', 'aria-label': 'moment' });
const speed = element('select', { id: 'speed', 'aria-label': 'cycles a second' }, ...[1, 2, 5, 10, 25, 60].map((n) => element('option', { value: String(n) }, `${n} cycles/s`)));
speed.value = '5';
const clock = element('p', { id: 'clock', role: 'status' });
main.append(element('div', { class: 'controls', role: 'group', 'aria-label': 'time' }, first, back, play, forward, last, scrub, speed), clock);

// The array.
const grid = element('div', { id: 'array', role: 'grid', 'aria-label': `array of ${rows} rows and ${columns} columns` });
grid.style.gridTemplateColumns = `2.2rem repeat(${columns}, minmax(0, 1fr))`;
grid.style.maxWidth = `${2.2 + 5.2 * columns}rem`;
const cells = [];
const heads = [...Array(columns).keys()].map((j) => element('span', { class: 'edge', role: 'columnheader' }, String(j)));
grid.append(element('div', { role: 'row' }, element('span', { class: 'edge', role: 'columnheader' }, ''), ...heads));
const order = [...Array(rows).keys()];
if (stays) order.reverse(); // row 0 is the bottom one
for (const i of order)
  grid.append(element('div', { role: 'row' }, element('span', { class: 'edge', role: 'rowheader' }, `${i}`), ...[...Array(columns).keys()].map((j) => {
    const parts = ['input', 'weight', 'sum'].map((name) => element('span', { class: name }));
    const node = element('div', { class: 'pe', role: 'gridcell', tabindex: '-1', 'data-row': String(i), 'data-column': String(j) }, element('div', { class: 'cell' }, ...parts));
    cells[i * columns + j] = { node, parts };
    return node;
  })));
const panel = element('aside', { id: 'panel', 'aria-label': 'the chosen element' });
main.append(element('div', { class: 'view' }, element('div', {}, grid), panel));

const mark = (kind, text) => element('li', {}, element('i', { class: kind }), text);
main.append(element('ul', { class: 'key' }, mark('plus', 'a value above zero, darker the larger'), mark('minus', 'below zero'), mark('multiplies', 'multiplies in this cycle'),
  ...(stays ? [mark('shadow', 'a finished sum on its way out')] : [mark('passing', 'a weight passes on its way down'), mark('shadow', 'the next weight waits')]),
  element('li', {}, `In a square: what comes from the left, ${stays ? 'what comes from above' : 'the weight'}, the ${stays ? '' : 'partial '}sum`)));

// Shows.
let at = 0, chosen = 0, hovered = null;
const tint = (node, t) => { node.style.backgroundColor = t === null || t === 0 ? '' : `rgba(var(--${t > 0 ? 'plus' : 'minus'}), ${(0.12 + 0.6 * Math.abs(t)).toFixed(3)})`; };
const put = (node, entry) => {
  const text = entry ? short(entry.v) : '';
  if (node.textContent !== text) node.textContent = text;
  tint(node, entry ? entry.t : null);
};
const entry = (table, index) => (index < 0 ? null : table[index]);

const say = () => {
  let working = 0, passing = 0, waiting = 0;
  for (let e = 0; e < rows * columns; ++e) {
    working += flagged(at, e, 'input') && flagged(at, e, 'weight');
    passing += flagged(at, e, 'passing');
    waiting += flagged(at, e, 'shadow');
  }
  const gap = at > 0 ? frames[at][0] - frames[at - 1][0] - 1 : 0;
  const some = (n, one, many) => (n === 0 ? null : `${n} ${n === 1 ? one : many}`);
  const doing = [some(working, 'element multiplies', 'elements multiply'), stays ? null : some(passing, 'weight moves down', 'weights move down'),
    stays ? some(waiting, 'finished sum moves down', 'finished sums move down') : some(waiting, 'weight waits', 'weights wait')].filter(Boolean);
  clock.replaceChildren(element('b', {}, `Cycle ${frames[at][0].toLocaleString('en-US')}`), `, ${at + 1} of ${frames.length} in which something moves. ${doing.length ? doing.join(', ') + '.' : 'Sums leave.'}${gap > 0 ? ` Before it the array stood still for ${gap.toLocaleString('en-US')} ${gap === 1 ? 'cycle' : 'cycles'}.` : ''}`);
};

const bits = (groups) => element('span', { class: 'bits' }, ...groups.map(([name, text]) => element('span', { class: name }, text, element('small', {}, name))));
const operand = (e, format) => element('span', {}, ...(e.c ? [`${e.v} = ${format.name} code ${e.c}${format.zero ? ` less the zero point ${format.zero}` : ''}`, element('br'), bits(e.f)] : [`${e.v}, which is no number of ${format.name}`]),
  ...(e.o ? [element('br'), `decoded to ${machine.operand} ${e.o.c}`, element('br'), bits(e.o.f)] : []),
  ...(format.scale !== 1 ? [element('br'), `times the scale ${format.scale} of the tensor`] : []));
const describe = () => {
  const e = hovered ?? chosen, row = Math.floor(e / columns), list = element('dl');
  const line = (title, value) => list.append(element('dt', {}, title), element('dd', { 'data-of': title }, value ?? 'nothing'));
  const input = entry(page.inputs, held(at, e, 'input')), weight = entry(page.weights, held(at, e, 'weight')), sum = entry(page.sums, held(at, e, 'sum')), product = held(at, e, 'product');
  line(stays ? 'from the left' : 'activation, from the left', input && operand(input, formats.input));
  line(stays ? 'from above' : 'weight, held', weight && operand(weight, formats.weight));
  line('product', product < 0 ? null : `${input.v} x ${weight.v} = ${page.products[product]}`);
  let text = sum && `${sum.v} (${machine.accumulator}${sum.c ? ' ' + sum.c : ''})`;
  if (sum && product >= 0 && !stays && machine.latency === 1) {
    const begins = row === 0 || (machine.block > 0 && row % machine.block === 0);
    const above = begins ? null : entry(page.sums, held(at - 1, e - columns, 'sum'));
    text = `${begins ? '0' : above ? above.v : '?'} ${begins ? '(begins here)' : 'from above'} + ${page.products[product]}, rounded: ${text}`;
  }
  line(stays ? 'sum, held' : 'partial sum, to the element below', text);
  if (stays) line('drain register', entry(page.sums, held(at, e, 'shadow'))?.v);
  else {
    const next = entry(page.weights, held(at, e, 'shadow')), passing = entry(page.weights, held(at, e, 'passing'));
    line('next weight, waits', next && `${next.v} (${next.c ?? 'no code'})`);
    line('weight passing by', passing && `${passing.v} (${passing.c ?? 'no code'})`);
  }
  panel.replaceChildren(element('h2', {}, `Row ${row}, column ${e % columns}`), list);
  cells.forEach((cell, n) => { cell.node.classList.toggle('chosen', n === e); cell.node.tabIndex = n === chosen ? 0 : -1; });
};

const show = (moment) => {
  at = Math.min(Math.max(moment, 0), frames.length - 1);
  cells.forEach(({ node, parts }, e) => {
    const multiplies = flagged(at, e, 'input') && flagged(at, e, 'weight');
    put(parts[0], entry(page.inputs, held(at, e, 'input')));
    put(parts[1], entry(page.weights, held(at, e, 'weight')));
    put(parts[2], entry(page.sums, held(at, e, 'sum')));
    node.classList.toggle('multiplies', multiplies);
    node.classList.toggle('passing', !stays && flagged(at, e, 'passing'));
    node.classList.toggle('shadow', flagged(at, e, 'shadow'));
    const words = parts.map((p, n) => (p.textContent ? `${['from the left', stays ? 'from above' : 'weight', 'sum'][n]} ${p.textContent}` : null)).filter(Boolean);
    node.setAttribute('aria-label', `row ${Math.floor(e / columns)}, column ${e % columns}: ${words.join(', ') || 'empty'}`);
  });
  scrub.value = String(at);
  scrub.setAttribute('aria-valuetext', `cycle ${frames[at][0]}`);
  first.disabled = back.disabled = at === 0;
  last.disabled = forward.disabled = at === frames.length - 1;
  document.body.dataset.cycle = String(frames[at][0]);
  say();
  describe();
};

// Time.
let timer = null;
const stop = () => { clearInterval(timer); timer = null; play.textContent = 'Play'; play.setAttribute('aria-label', 'play (space)'); };
const run = () => {
  if (at === frames.length - 1) show(0);
  clearInterval(timer);
  timer = setInterval(() => { if (at === frames.length - 1) stop(); else show(at + 1); }, 1000 / Number(speed.value));
  play.textContent = 'Pause';
  play.setAttribute('aria-label', 'pause (space)');
};
const step = (moment) => { stop(); show(moment); };
play.addEventListener('click', () => (timer ? stop() : run()));
first.addEventListener('click', () => step(0));
back.addEventListener('click', () => step(at - 1));
forward.addEventListener('click', () => step(at + 1));
last.addEventListener('click', () => step(frames.length - 1));
scrub.addEventListener('input', () => step(Number(scrub.value)));
speed.addEventListener('change', () => timer && run());

// Which element.
const index = (target) => { const node = target.closest?.('.pe'); return node ? Number(node.dataset.row) * columns + Number(node.dataset.column) : null; };
const choose = (e) => { chosen = e; hovered = null; describe(); };
const pick = (e) => { choose(e); cells[e].node.focus(); };
grid.addEventListener('pointerover', (event) => { hovered = index(event.target); describe(); });
grid.addEventListener('pointerleave', () => { hovered = null; describe(); });
grid.addEventListener('focusin', (event) => { const e = index(event.target); if (e !== null) choose(e); });
grid.addEventListener('click', (event) => { const e = index(event.target); if (e !== null) pick(e); });

const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [stays ? 1 : -1, 0], ArrowDown: [stays ? -1 : 1, 0] };
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const where = event.target, own = where === scrub || where === speed, inGrid = index(where) !== null;
  const key = event.key;
  let done = true;
  if (key === ',') step(at - 1);
  else if (key === '.') step(at + 1);
  else if (key === ' ' && !own && where.tagName !== 'BUTTON') play.click();
  else if (key === 'Home' && !own) step(0);
  else if (key === 'End' && !own) step(frames.length - 1);
  else if (inGrid && moves[key]) {
    const i = Math.floor(chosen / columns) + moves[key][0], j = (chosen % columns) + moves[key][1];
    if (i >= 0 && i < rows && j >= 0 && j < columns) pick(i * columns + j);
  } else if (!own && (key === 'ArrowLeft' || key === 'ArrowRight')) step(at + (key === 'ArrowLeft' ? -1 : 1));
  else done = false;
  if (done) event.preventDefault();
});

// The lessons.
const lesson = (title, paragraphs) => main.append(element('section', { class: 'lesson' }, element('h2', {}, title), ...paragraphs.map((p) => element('p', {}, p))));
lesson(`The ${machine.dataflow.replace('_', '-')} array`, dataflowLesson[machine.dataflow]);
const kinds = [...new Set([formats.input, formats.weight].map((f) => f.kind))];
for (const kind of kinds) {
  const named = [formats.input, formats.weight].find((f) => f.kind === kind);
  lesson(kind === 'posit' ? `What is a posit? Here ${named.name}: ${named.bits} bits, es = ${named.exponent_bits}` : `The format ${named.name}`, formatLesson[kind]);
}
main.append(element('section', { class: 'lesson' }, element('h2', {}, 'Keys'), element('p', {}, element('kbd', {}, 'space'), ' plays and pauses, ', element('kbd', {}, '\u2190'), ' and ', element('kbd', {}, '\u2192'), ' (in the array ', element('kbd', {}, ','), ' and ', element('kbd', {}, '.'), ') go a cycle back and on, ',
  element('kbd', {}, 'Home'), ' and ', element('kbd', {}, 'End'), ' to the ends. In the array the arrows choose another element. An address that ends in ', element('kbd', {}, `#cycle=${frames[0][0]}&pe=0,0`), ' opens at that cycle and element.')));

// #cycle=N&pe=ROW,COLUMN
const open = () => {
  const words = new URLSearchParams(location.hash.slice(1));
  const [i, j] = (words.get('pe') ?? '').split(',').map(Number);
  if (i >= 0 && i < rows && j >= 0 && j < columns) chosen = i * columns + j;
  const cycle = words.has('cycle') ? Number(words.get('cycle')) : NaN;
  const moment = frames.findLastIndex((f) => f[0] <= cycle);
  stop();
  show(Number.isNaN(cycle) ? 0 : moment);
};
window.addEventListener('hashchange', open);
open();
document.body.dataset.ready = String(frames.length);
