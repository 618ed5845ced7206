'use strict';
// Builds the page from the data in #data. All text goes in as text, never as markup.
const data = JSON.parse(document.getElementById('data').textContent);
const main = document.querySelector('main');

const element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
};
const section = (title, note) => {
  const node = element('section', {}, element('h2', {}, title), note ? element('p', { class: 'note' }, note) : null);
  main.append(node);
  return node;
};
const figure = (parent, caption) => {
  const canvas = element('div');
  parent.append(element('figure', {}, canvas, caption ? element('figcaption', {}, caption) : null));
  return canvas;
};

// Four digits that count; whole numbers in groups of three.
const number = (x, digits = 4) => {
  if (x === null || x === undefined || Number.isNaN(x)) return '';
  if (typeof x !== 'number') return String(x);
  if (Number.isInteger(x)) return x.toLocaleString('en-US');
  return Math.abs(x) >= 1e6 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(digits - 1) : x.toLocaleString('en-US', { maximumSignificantDigits: digits });
};

// A table whose columns sort when their titles are pressed. columns: {title, value(row), text(row)?, best?}.
const table = (parent, columns, rows) => {
  const body = element('tbody');
  const head = element('tr');
  const fill = (sorted) => body.replaceChildren(...sorted.map((row) => element('tr', {}, ...columns.map((c) => {
    const value = c.value(row);
    const cell = element('td', { class: (typeof value === 'number' || value === null ? '' : 'text') + (c.best?.(row) ? ' best' : '') }, c.text ? c.text(row) : number(value));
    return cell;
  }))));
  columns.forEach((c) => {
    const isText = rows.length > 0 && typeof c.value(rows[0]) === 'string';
    const title = element('th', { class: isText ? 'text' : '', scope: 'col' }, element('button', { type: 'button' }, c.title));
    title.addEventListener('click', () => {
      const up = title.getAttribute('aria-sort') !== 'ascending';
      for (const other of head.children) other.removeAttribute('aria-sort');
      title.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const order = (a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1);
      fill([...rows].sort((a, b) => (up ? 1 : -1) * order(c.value(a), c.value(b))));
    });
    head.append(title);
  });
  fill(rows);
  parent.append(element('div', { class: 'scroll' }, element('table', {}, element('thead', {}, head), body)));
};

const cards = (parent, list) => parent.append(element('div', { class: 'cards' }, ...list.filter(([, v]) => v).map(([name, value]) => element('div', { class: 'card' }, element('b', {}, value), element('span', {}, name)))));
const json = (parent, title, value) => parent.append(element('details', {}, element('summary', {}, title), element('pre', {}, JSON.stringify(value, null, 2))));
const parts = (object, scale = 1) => Object.entries(object).filter(([, v]) => v > 0).map(([part, v]) => ({ part, value: v * scale }));

// "layer3.ffn.up" and its like in other layers are one: "ffn.up x 12".
const grouped = (operations) => {
  const groups = new Map();
  for (const o of operations) {
    const name = o.name.replace(/^(token\d+\.)?(decoder\.)?(layer\d+\.)?/, '$2');
    const g = groups.get(name) ?? { name, count: 0, macs: 0, cycles: 0, ideal: 0, energy: 0, components: {} };
    g.count += 1;
    g.macs += o.macs;
    g.cycles += o.cycles;
    g.ideal += o.ideal_cycles ?? 0;
    g.energy += o.energy_pj;
    for (const [c, v] of Object.entries(o.components)) g.components[c] = (g.components[c] ?? 0) + v;
    groups.set(name, g);
  }
  return [...groups.values()].map((g) => ({ ...g, label: g.count > 1 ? `${g.name} x ${g.count}` : g.name }));
};

const energyAndArea = (parent, results) => {
  const pair = element('div', { class: 'pair' });
  parent.append(pair);
  const alone = results.length === 1; // a bar for each component then
  const rows = (get, scale, unit) => results.flatMap(([label, r]) => parts(get(r), scale).map((p) => ({ label: alone ? p.part : label, part: alone ? unit : p.part, value: p.value, tip: `${label}\n${p.part}: ${number(p.value)} ${unit}` })));
  draw(figure(pair), () => bars(rows((r) => r.energy.components, 1e-6, 'uJ'), { x: 'energy (uJ)', width: 330 }));
  draw(figure(pair), () => bars(rows((r) => r.area.components, 1e-6, 'mm2'), { x: 'area (mm2)', width: 330 }));
};

const confidence = (parent, results) => {
  const order = ['published', 'measured', 'scaled', 'fitted', 'assumed'];
  const rows = results.flatMap(([label, r]) => ['energy', 'area'].flatMap((what) => {
    const total = Object.values(r[what].confidence).reduce((a, b) => a + b, 0);
    return order.map((part) => ({ label: `${label} ${what}`.trim(), part, value: r[what].confidence[part], tip: `${part}: ${number((100 * r[what].confidence[part]) / total)} %` }));
  }));
  draw(figure(parent), () => bars(rows, { x: 'share of the total (%)', parts: order, normalised: true, width: 620 }));
  const share = (r, what, part) => (100 * r[what].confidence[part]) / Object.values(r[what].confidence).reduce((a, b) => a + b, 0);
  table(parent, [...(results.length > 1 ? [{ title: 'row', value: ([label]) => label }] : []), { title: 'of', value: ([, , what]) => what }, { title: 'total', text: ([, r, what]) => (what === 'energy' ? `${number(r.energy.total_pj * 1e-6)} uJ` : `${number(r.area.total_um2 * 1e-6)} mm2`), value: ([, r, what]) => (what === 'energy' ? r.energy.total_pj : r.area.total_um2) },
    ...['low', 'high'].map((end) => ({ title: end === 'low' ? 'at least' : 'at most', text: ([, r, what]) => (what === 'energy' ? `${number(r.energy[`${end}_pj`] * 1e-6)} uJ` : `${number(r.area[`${end}_um2`] * 1e-6)} mm2`), value: ([, r, what]) => r[what][what === 'energy' ? `${end}_pj` : `${end}_um2`] })),
    ...order.map((part) => ({ title: `${part} (%)`, value: ([, r, what]) => share(r, what, part) }))], results.flatMap(([label, r]) => ['energy', 'area'].map((what) => [label, r, what])));
};

// Where the area comes from: machine, parts of it, what they are made of. `results`: [label, result with costs].
const areaTree = (results) => {
  const known = results.filter(([, r]) => r.costs);
  if (known.length === 0) return;
  const place = section('Area, part by part', 'The machine, its parts, and the instances that they are made of.');
  for (const [label, r] of known) {
    const lines = r.costs.area_lines.filter((l) => l.area_um2 > 0);
    const groups = Object.entries(r.area.components).filter(([, a]) => a > 0).map(([name]) => name);
    const rows = [];
    let at = 0;
    for (const group of groups) {
      const begin = at;
      for (const l of lines.filter((l) => l.group === group)) {
        const to = at + l.area_um2 * 1e-6;
        rows.push({ level: 'instances', from: at, to, part: group, name: l.component, tip: `${l.component}\n${number(l.count)} x ${number(l.unit_um2)} um2 = ${number(l.area_um2 * 1e-6)} mm2\n${l.confidence}: ${l.source}` });
        at = to;
      }
      rows.push({ level: 'parts', from: begin, to: at, part: group, name: group, tip: `${group}: ${number(at - begin)} mm2, ${number((100 * (at - begin)) / (r.area.total_um2 * 1e-6), 3)} %` });
    }
    rows.push({ level: 'machine', from: 0, to: at, part: 'machine', name: r.accelerator?.name ?? label, tip: `${number(at)} mm2` });
    draw(figure(place, label), () => bands(rows.sort((a, b) => a.from - b.from), { x: 'area (mm2)', levels: ['machine', 'parts', 'instances'] }));
  }
};

// Every price behind the figures, with where it comes from.
const prices = (results) => {
  const known = results.filter(([, r]) => r.costs);
  if (known.length === 0) return;
  const tables = [...new Set(known.map(([, r]) => r.costs.table))];
  const counted = known.some(([, r]) => r.energy); // else prices alone
  const place = section('Prices', `From ${tables.join(', ')}. ${counted ? 'Energy is count x price, area' : 'Area'} is count x instance; leakage is priced in pJ a us.`);
  const several = known.length > 1;
  const of = { title: 'row', value: ([label]) => label };
  const last = [{ title: 'how known', value: ([, l]) => l.confidence }, { title: 'uncertainty (%)', value: ([, l]) => (l.uncertainty === null ? null : 100 * l.uncertainty) }, { title: 'source', value: ([, l]) => l.source }, { title: 'line of the table', value: ([, l]) => l.row }];
  const energy = known.flatMap(([label, r]) => r.costs.energy_lines.filter((l) => !counted || l.count > 0).map((l) => [label, l, r]));
  table(place, [...(several ? [of] : []), { title: 'component', value: ([, l]) => l.component }, { title: 'action', value: ([, l]) => [l.action, l.unit, l.state].filter(Boolean).join(' ') }, ...(counted ? [{ title: 'count', value: ([, l]) => l.count }] : []), { title: 'of', value: ([, l]) => l.counted ?? 'action' },
    { title: 'price (pJ)', value: ([, l]) => l.price_pj }, ...(counted ? [{ title: 'energy (uJ)', value: ([, l]) => l.energy_pj * 1e-6 }, { title: 'share (%)', value: ([, l, r]) => (100 * l.energy_pj) / r.energy.total_pj }] : []), ...last], energy);
  const area = known.flatMap(([label, r]) => r.costs.area_lines.map((l) => [label, l, r]));
  table(place, [...(several ? [of] : []), { title: 'component', value: ([, l]) => l.component }, { title: 'instances', value: ([, l]) => l.count }, { title: 'area of one (um2)', value: ([, l]) => l.unit_um2 }, { title: 'area (mm2)', value: ([, l]) => l.area_um2 * 1e-6 }, { title: 'share (%)', value: ([, l, r]) => (100 * l.area_um2) / r.area.total_um2 },
    { title: 'leakage of one (uW)', value: ([, l]) => l.unit_leakage_uw }, ...last], area);
};

// What each unit did in time, slot by slot.
const unitTimeline = (r, ms) => {
  if (!r.slots) return;
  const { cycles, units } = r.slots;
  const rows = Object.entries(units).flatMap(([lane, u]) => u.busy.map((busy, i) => {
    const from = i * cycles, length = Math.min(cycles, r.cycles.total - from), stall = u.stall[i];
    return { lane, from: ms(from), to: ms(from + length), busy: busy / length, stall: stall / length, tip: `${lane}, cycles ${number(from)} to ${number(from + length - 1)}\nbusy ${number((100 * busy) / length, 3)} %, stalled ${number((100 * stall) / length, 3)} %` };
  }).filter((row) => row.busy + row.stall > 0));
  draw(figure(section('Units in time', `Slots of ${number(cycles)} cycles: how much of each a unit was busy (blue) or stalled (orange).`)), () => shares(rows, { x: 'time (ms)' }));
};

const roofline = (parent, results) => {
  const rows = results.map(([label, r]) => {
    const a = r.accelerator, bytes = r.traffic.dram_read_bytes + r.traffic.dram_write_bytes;
    const x = (2 * r.macs) / Math.max(bytes, 1), y = (2 * r.macs) / r.seconds / 1e9;
    return { x, y, group: label, front: true, peak: (2 * a.array.rows * a.array.cols * a.clock_mhz) / 1e3, bandwidth: r.peak_dram_gbps, tip: `${label}\n${number(x)} operations a byte\n${number(y)} GOPS` };
  }).filter((r) => r.y > 0);
  if (rows.length === 0) return;
  const { peak, bandwidth } = rows[0];
  const knee = peak / bandwidth, low = Math.min(knee, ...rows.map((r) => r.x)) / 4, high = Math.max(knee, ...rows.map((r) => r.x)) * 4;
  const line = [{ x: low, y: low * bandwidth }, { x: knee, y: peak }, { x: high, y: peak }];
  draw(figure(parent, `Roof: ${number(peak)} GOPS of the array, ${number(bandwidth)} GB/s of DRAM.`), () => scatter(rows, { x: 'operations a byte of DRAM traffic (1/byte)', y: 'rate (GOPS)', logX: true, logY: true, line, height: 260 }));
};

const inputs = (parent, r) => {
  json(parent, 'the machine', r.accelerator);
  json(parent, 'the workload', r.workload);
  json(parent, 'the phase', r.phase);
};

// What the machine reaches with given tokens, and double precision.
const scored = (r, key, text) => typeof r.numerics?.[key] === 'number' && `${text(r.numerics[key])} (exact ${text(r.numerics.reference[key])})`;

const run = (r) => {
  const ms = (cycles) => (cycles / r.cycles.total) * r.seconds * 1e3;
  cards(main, [['latency', `${number(r.seconds * 1e3)} ms`], ['energy', `${number(r.energy.total_pj * 1e-6)} uJ`], ['area', `${number(r.area.total_um2 * 1e-6)} mm2`],
    ['utilization', `${number(100 * r.cycles.utilization, 3)} %`], ['efficiency', r.metrics.tops_per_watt && `${number(r.metrics.tops_per_watt)} TOPS/W`], ['SQNR', r.numerics?.sqnr_db && `${number(r.numerics.sqnr_db)} dB`], ['perplexity', scored(r, 'perplexity', (p) => p.toFixed(4))], ['accuracy', scored(r, 'accuracy', (a) => `${(100 * a).toFixed(2)} %`)]]);
  energyAndArea(section('Energy and area by component', 'The DRAM is off the chip: it takes energy and no area.'), [['', r]]);
  if (r.memory) {
    const kept = Object.entries(r.memory).filter(([name, bytes]) => name !== 'total' && bytes > 0).map(([name, bytes]) => ({ label: name.replaceAll('_', ' '), part: 'memory', value: bytes / 2 ** 20, tip: `${name.replaceAll('_', ' ')}: ${number(bytes)} bytes` }));
    draw(figure(section('Memory of a step', 'What a step of training keeps, by what it is for.')), () => bars(kept.sort((a, b) => b.value - a.value), { x: 'memory (MiB)', width: 560 }));
  }
  const ops = grouped(r.operations);
  const top = (key) => [...ops].sort((a, b) => b[key] - a[key]).slice(0, 14);
  const pair = element('div', { class: 'pair' });
  section('Energy and latency by operation', 'Operations overlap, so their cycles do not add up to the total; their energies do.').append(pair);
  draw(figure(pair), () => bars(top('energy').flatMap((g) => parts(g.components, 1e-6).map((p) => ({ label: g.label, ...p, tip: `${g.label}\n${p.part}: ${number(p.value)} uJ` }))), { x: 'energy (uJ)', width: 260 }));
  draw(figure(pair), () => bars(top('cycles').flatMap((g) => [{ label: g.label, part: 'ideal', value: ms(Math.min(g.ideal, g.cycles)), tip: `${g.label}\nideal ${number(ms(g.ideal))} ms` }, { label: g.label, part: 'beyond it', value: ms(Math.max(0, g.cycles - g.ideal)), tip: `${g.label}\n${number(ms(g.cycles))} ms in all` }]), { x: 'time from start to end (ms)', width: 260 }));
  const units = Object.entries(r.cycles.units);
  const states = section('What the units do', 'busy: works; stall: has a command that cannot advance; idle: has none. They add up to all cycles.');
  draw(figure(states), () => bars(units.flatMap(([label, u]) => ['busy', 'stall', 'idle'].map((part) => ({ label, part, value: u[part], tip: `${label} ${part}: ${number(u[part])} cycles` }))), { x: 'share of all cycles (%)', parts: ['busy', 'stall', 'idle'], normalised: true, width: 620 }));
  const causes = parts(r.cycles.stalls);
  if (causes.length > 0) draw(figure(section('Why they stall', 'Stalled cycles of all units together.')), () => bars(causes.sort((a, b) => b.value - a.value).map((c) => ({ label: c.part, part: 'cycles', value: c.value, tip: `${c.part}: ${number(c.value)} cycles` })), { x: 'stalled (cycles)', width: 560 }));
  draw(figure(section('Operations in time')), () => lanes(r.operations.filter((o) => o.cycles > 0).map((o) => ({ lane: o.kind, from: ms(o.start), to: ms(o.end), tip: `${o.name}\n${number(ms(o.start))} to ${number(ms(o.end))} ms` })), { x: 'time (ms)' }));
  unitTimeline(r, ms);
  roofline(section('Roofline'), [[r.workload.name, r]]);
  areaTree([['', r]]);
  confidence(section('How well the prices are known', 'Of energy and area: the part that rests on prices of each kind, and the range if all prices were off by their uncertainty.'), [['', r]]);
  prices([[r.accelerator.name, r]]);
  table(section('All operations'), [
    { title: 'operation', value: (o) => o.name }, { title: 'kind', value: (o) => o.kind }, { title: 'MACs', value: (o) => o.macs }, { title: 'start (cycle)', value: (o) => o.start },
    { title: 'cycles', value: (o) => o.cycles }, { title: 'ideal (cycles)', value: (o) => o.ideal_cycles === null ? null : Math.round(o.ideal_cycles) }, { title: 'on the array (cycles)', value: (o) => o.array_cycles }, { title: 'energy (uJ)', value: (o) => o.energy_pj * 1e-6 },
    ...(r.numerics ? [{ title: 'SQNR (dB)', value: (o) => o.sqnr_db }, { title: 'largest error', value: (o) => o.max_abs_error }] : []),
  ], r.operations);
  inputs(section('Inputs'), r);
};

const compare = (c) => {
  const label = (row, i) => c.labels[i];
  const rows = c.rows.map((row, i) => ({ ...row, label: label(row, i) }));
  const metrics = c.metrics.filter((m) => rows.some((r) => r[m.key] !== null));
  const columns = (relative) => [{ title: c.dimensions.join(', ') || 'format', value: (r) => r.label }, ...metrics.map((m) => ({
    title: relative ? m.title.replace(/ [^ ]+$/, '') : m.title,
    value: (r) => (relative ? r.relative[m.key] : r[m.key] === null ? null : r[m.key] * m.scale),
    best: (r) => !relative && r.best.includes(m.key),
  }))];
  table(section('Side by side', 'The best of each column in bold. Press a title to sort.'), columns(false), rows);
  table(section(`Relative to ${new Set(rows.map((r) => r.baseline_row)).size === 1 ? rows[rows[0].baseline_row].label : c.baseline}`, 'Ratios to the row of the baseline with the same values otherwise; decibels as differences.'), columns(true), rows);
  const results = rows.map((r) => [r.label, r]);
  energyAndArea(section('Energy and area by component'), results);
  const error = rows.every((r) => r.sqnr_db !== null);
  const points = rows.map((r) => ({ x: error ? r.sqnr_db : r.seconds * 1e3, y: r.energy_pj * 1e-6, group: r.label, front: r.pareto, tip: `${r.label}\n${number(r.energy_pj * 1e-6)} uJ\n${error ? number(r.sqnr_db) + ' dB' : number(r.seconds * 1e3) + ' ms'}` }));
  draw(figure(section(error ? 'Error against energy' : 'Energy against latency', 'Large points are Pareto-optimal in all that is compared.')), () => scatter(points, { x: error ? 'signal-to-noise ratio (dB), more is better' : 'latency (ms)', y: 'energy (uJ)', height: 320 }));
  areaTree(results);
  confidence(section('How well the prices are known', 'Of energy and area: the part that rests on prices of each kind, and the range if all prices were off by their uncertainty.'), results);
  prices(results);
  if (c.notes.length > 0) section('Notes').append(element('ul', {}, ...c.notes.map((n) => element('li', {}, n))));
  inputs(section('Inputs of the first row'), c);
};

const sweep = (s) => {
  const done = s.rows.filter((r) => r.status === 'done');
  const front = new Set(s.pareto);
  const unit = Object.fromEntries(s.metrics.map((m) => [m.name, m.title]));
  const [fx, fy] = [...s.objectives, 'latency_ms', 'energy_uj'];
  const colour = s.keys.find((k) => k === 'pe.preset') ?? s.keys[0];
  const describe = (r) => [...Object.entries(r.config), ...s.objectives.map((o) => [o, number(r.metrics[o])])].map(([k, v]) => `${k}: ${v}`).join('\n');
  const points = done.filter((r) => r.metrics[fx] !== null && r.metrics[fy] !== null).map((r) => ({ id: r.id, x: r.metrics[fx], y: r.metrics[fy], group: colour ? String(r.config[colour]) : 'points', front: front.has(r.id), tip: `point ${r.id}\n${describe(r)}` }));
  const place = section('The design space', 'Large points are Pareto-optimal. Hover a point for its configuration, drag over an area to list its points below.');
  const picked = element('div');
  const log = (key) => { const v = points.map((p) => p[key]).filter((x) => x > 0); return v.length === points.length && Math.max(...v) / Math.min(...v) > 30; };
  const view = draw(figure(place), () => scatter(points, { x: unit[fx] ?? fx, y: unit[fy] ?? fy, logX: log('x'), logY: log('y'), brush: true, width: 760 }));
  const columns = [{ title: 'id', value: (r) => r.id }, ...s.keys.map((k) => ({ title: k, value: (r) => r.config[k] ?? null })), ...s.objectives.concat(['latency_ms', 'energy_uj', 'area_mm2', 'tops_per_watt', 'sqnr_db', 'perplexity'].filter((m) => !s.objectives.includes(m) && done.some((r) => r.metrics[m] !== null))).map((m) => ({ title: unit[m] ?? m, value: (r) => r.metrics[m] }))];
  view.addSignalListener('box', (_, box) => {
    const invert = (name, a, b) => { const s = view.scale(name); return [s.invert(Math.min(a, b)), s.invert(Math.max(a, b))].sort((p, q) => p - q); };
    const [x0, x1] = invert('x', box[0], box[1]), [y0, y1] = invert('y', box[2], box[3]);
    const ids = new Set(points.filter((p) => p.x >= x0 && p.x <= x1 && p.y >= y0 && p.y <= y1).map((p) => p.id));
    picked.replaceChildren();
    if (ids.size > 0) table(picked, columns, done.filter((r) => ids.has(r.id)).slice(0, 500));
  });
  place.append(picked);
  table(section('Pareto-optimal points', `In ${s.objectives.join(', ')}, within the constraints.`), columns, done.filter((r) => front.has(r.id)));
  const axes = [...s.keys, ...s.objectives].filter((k) => new Set(done.map((r) => JSON.stringify(r.config[k] ?? r.metrics[k]))).size > 1);
  const lines = done.map((r) => ({ ...Object.fromEntries(axes.map((k) => [k.replaceAll('.', ' '), r.config[k] ?? r.metrics[k]])), front: front.has(r.id), tip: `point ${r.id}\n${describe(r)}` }));
  const unitOf = (k, word) => (word ? ' (name)' : k.endsWith('_kib') ? ' (KiB)' : k.endsWith('_mhz') ? ' (MHz)' : k.endsWith('_bits') ? ' (bit)' : k.includes('bytes') ? ' (byte)' : k.endsWith('_ns') ? ' (ns)' : ' (1)');
  const spec = axes.map((k) => { const key = k.replaceAll('.', ' '), values = lines.map((l) => l[key]); const word = values.some((v) => typeof v === 'string'); return { key, title: unit[k] ?? k.split('.').slice(-2).join(' ') + unitOf(k, word), words: word ? [...new Set(values.map(String))] : null }; });
  if (spec.length > 1) draw(figure(section('Parallel coordinates', 'A line is a point; orange ones are Pareto-optimal.')), () => parallel([...lines].sort((a, b) => a.front - b.front), spec, { width: Math.min(1000, Math.max(560, 120 * spec.length)) }));
  const noisy = done.filter((r) => r.metrics.sqnr_db !== null && r.metrics.sqnr_db !== undefined && r.metrics.energy_uj !== null);
  if (noisy.length > 0) draw(figure(section('Error against energy', 'Large points are Pareto-optimal in the objectives.')), () => scatter(noisy.map((r) => ({ x: r.metrics.sqnr_db, y: r.metrics.energy_uj, group: colour ? String(r.config[colour]) : 'points', front: front.has(r.id), tip: `point ${r.id}\n${describe(r)}` })), { x: 'signal-to-noise ratio (dB), more is better', y: 'energy (uJ)', height: 320 }));
  const failed = s.rows.filter((r) => r.status !== 'done');
  if (failed.length > 0) table(section('Points without a result'), [{ title: 'id', value: (r) => r.id }, { title: 'status', value: (r) => r.status }, ...s.keys.map((k) => ({ title: k, value: (r) => r.config[k] ?? null })), { title: 'why', value: (r) => r.message.slice(0, 300) }], failed);
  if (!s.inputs) return;
  const base = s.inputs.base ? [['the base', s.inputs]] : [];
  areaTree(base);
  prices(base);
  const written = section('Inputs', `The sweep, and the experiment that its points change. Prices above are those of this experiment: points with another format, array or cost table pay others.`);
  written.append(element('details', { open: '' }, element('summary', {}, 'the sweep'), element('pre', {}, s.inputs.sweep)));
  if (base.length === 0) return;
  written.append(element('details', {}, element('summary', {}, 'the base'), element('pre', {}, s.inputs.base)));
  json(written, 'the machine of the base', s.inputs.accelerator);
};

({ run, compare, sweep })[data.kind](data.document);
document.body.dataset.headlineBottom = String(Math.round(document.getElementById('headline').getBoundingClientRect().bottom));
document.body.dataset.drawn = String(document.querySelectorAll('figure svg').length);
