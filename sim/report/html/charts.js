'use strict';
// Charts: small functions from rows to Vega specifications. Titles of axes carry units.
const palette = ['#2f6db5', '#e07b39', '#4c9f70', '#b5446e', '#8a6fc8', '#c9a227', '#3aa6b9', '#7a7f87', '#d46a6a', '#6b8e23'];

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of('--ink'), soft: of('--soft'), line: of('--line'), paper: of('--paper') };
};

const config = () => {
  const c = colours();
  return {
    background: null,
    axis: { labelOverlap: true, labelColor: c.soft, titleColor: c.ink, domainColor: c.line, tickColor: c.line, gridColor: c.line, labelFontSize: 11, titleFontSize: 12, titleFontWeight: 'normal', labelLimit: 220 },
    legend: { labelColor: c.soft, titleColor: c.ink, labelFontSize: 11, titleFontWeight: 'normal' },
    title: { color: c.ink },
  };
};

// What a mark says when the pointer is on it: `datum.tip`, as text.
const tooltip = (handler, event, item, value) => {
  let box = document.getElementById('vg-tooltip-element');
  if (!box) {
    box = document.createElement('div');
    box.id = 'vg-tooltip-element';
    document.body.append(box);
  }
  box.style.display = value ? 'block' : 'none';
  box.textContent = value ?? '';
  box.style.left = Math.min(event.clientX + 12, window.innerWidth - 260) + 'px';
  box.style.top = event.clientY + 14 + 'px';
};

// On a narrow screen: as wide as there is room, legends below.
const fitted = (spec) => {
  const room = document.querySelector('main').clientWidth;
  if (room > spec.width + 190) return spec;
  return { ...spec, width: Math.min(spec.width, Math.max(180, room - 170)), legends: (spec.legends ?? []).map((l) => ({ ...l, orient: 'bottom', columns: 3 })) };
};

const drawn = [];
const draw = (figure, make) => {
  const put = () => {
    figure.replaceChildren();
    const view = new octetVega.View(octetVega.parse(fitted(make()), config(), { ast: true }), {
      expr: octetVega.interpreter, renderer: 'svg', container: figure, tooltip,
    });
    view.run();
    return view;
  };
  drawn.push(put);
  return put();
};
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawn.forEach((put) => put()));

const signals = (width) => ({ autosize: { type: 'pad' }, padding: 4, width });
const tip = { tooltip: { field: 'tip' } };

// Horizontal bars, one or several parts each: rows {label, part, value, tip}; parts in the order they come.
const bars = (rows, { x, parts, normalised = false, width = 430, step = 22 }) => {
  const labels = [...new Set(rows.map((r) => r.label))];
  const names = parts ?? [...new Set(rows.map((r) => r.part))];
  return {
    ...signals(width), height: step * labels.length,
    data: [{ name: 'rows', values: rows, transform: [{ type: 'stack', groupby: ['label'], field: 'value', offset: normalised ? 'normalize' : 'zero' }] }],
    scales: [
      { name: 'y', type: 'band', domain: labels, range: 'height', padding: 0.25 },
      { name: 'x', domain: { data: 'rows', field: 'y1' }, range: 'width', nice: true, zero: true },
      { name: 'fill', type: 'ordinal', domain: names, range: palette },
    ],
    axes: [
      { orient: 'left', scale: 'y', domain: false, ticks: false },
      { orient: 'bottom', scale: 'x', title: x, grid: true, tickCount: { signal: 'max(2, width / 90)' }, ...(normalised ? { format: '%' } : {}) },
    ],
    legends: names.length > 1 ? [{ fill: 'fill', orient: 'right' }] : [],
    marks: [{
      type: 'rect', from: { data: 'rows' },
      encode: { enter: { y: { scale: 'y', field: 'label' }, height: { scale: 'y', band: 1 }, x: { scale: 'x', field: 'y0' }, x2: { scale: 'x', field: 'y1' }, fill: { scale: 'fill', field: 'part' }, ...tip } },
    }],
  };
};

// Points: rows {x, y, group, tip, front}. `brush`: drag over points, then they are `picked`.
const scatter = (rows, { x, y, logX = false, logY = false, width = 620, height = 380, line = [], brush = false }) => {
  const groups = [...new Set(rows.map((r) => r.group))];
  const scale = (name, field, log, range) => ({ name, type: log ? 'log' : 'linear', domain: { fields: [{ data: 'rows', field }, ...(line.length ? [{ data: 'line', field }] : [])] }, range, nice: true, zero: false });
  const inside = "inrange(datum.x, [invert('x', min(box[0], box[1])), invert('x', max(box[0], box[1]))]) && inrange(datum.y, [invert('y', max(box[2], box[3])), invert('y', min(box[2], box[3]))])";
  return {
    ...signals(width), height,
    signals: brush ? [
      { name: 'box', value: [0, 0, 0, 0], on: [
        { events: '@area:mousedown', update: '[x(), x(), y(), y()]' },
        { events: '[@area:mousedown, window:mouseup] > window:mousemove!', update: '[box[0], clamp(x(), 0, width), box[2], clamp(y(), 0, height)]' },
      ] },
      { name: 'any', update: 'box[0] !== box[1] && box[2] !== box[3]' },
    ] : [],
    data: [{ name: 'rows', values: rows }, { name: 'line', values: line }],
    scales: [scale('x', 'x', logX, 'width'), scale('y', 'y', logY, 'height'), { name: 'fill', type: 'ordinal', domain: groups, range: palette }],
    axes: [
      { orient: 'bottom', scale: 'x', title: x, grid: true, tickCount: 6 },
      { orient: 'left', scale: 'y', title: y, grid: true, tickCount: 6 },
    ],
    legends: groups.length > 1 ? [{ fill: 'fill', orient: 'right' }] : [],
    marks: [
      ...(brush ? [{ type: 'rect', name: 'area', encode: { enter: { fill: { value: 'transparent' }, cursor: { value: 'crosshair' } }, update: { width: { signal: 'width' }, height: { signal: 'height' } } } }] : []),
      { type: 'line', from: { data: 'line' }, encode: { enter: { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' }, stroke: { value: '#7a7f87' }, strokeWidth: { value: 1.5 } } } },
      { type: 'symbol', from: { data: 'rows' }, encode: {
        enter: { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' }, fill: { scale: 'fill', field: 'group' }, size: { signal: 'datum.front ? 110 : 34' }, stroke: { value: colours().ink }, ...tip },
        update: { fillOpacity: { signal: brush ? `!any || (${inside}) ? (datum.front ? 1 : 0.55) : 0.08` : 'datum.front ? 1 : 0.75' }, strokeWidth: { signal: 'datum.front ? 1.4 : 0' } },
      } },
      ...(brush ? [{ type: 'rect', interactive: false, encode: { enter: { fill: { value: '#2f6db5' }, fillOpacity: { value: 0.1 } }, update: { x: { signal: 'box[0]' }, x2: { signal: 'box[1]' }, y: { signal: 'box[2]' }, y2: { signal: 'box[3]' } } } }] : []),
    ],
  };
};

// Intervals on lanes: rows {lane, from, to, part, tip}.
const lanes = (rows, { x, width = 860, step = 24 }) => {
  const names = [...new Set(rows.map((r) => r.lane))];
  return {
    ...signals(width), height: step * names.length,
    data: [{ name: 'rows', values: rows }],
    scales: [
      { name: 'y', type: 'band', domain: names, range: 'height', padding: 0.2 },
      { name: 'x', domain: { data: 'rows', fields: ['from', 'to'] }, range: 'width', zero: true },
      { name: 'fill', type: 'ordinal', domain: names, range: palette },
    ],
    axes: [{ orient: 'left', scale: 'y', domain: false, ticks: false }, { orient: 'bottom', scale: 'x', title: x, grid: true }],
    marks: [{ type: 'rect', from: { data: 'rows' }, encode: { enter: { y: { scale: 'y', field: 'lane' }, height: { scale: 'y', band: 1 }, x: { scale: 'x', field: 'from' }, x2: { signal: "max(scale('x', datum.to), scale('x', datum.from) + 0.8)" }, fill: { scale: 'fill', field: 'lane' }, fillOpacity: { value: 0.85 }, ...tip } } }],
  };
};

// A tree as bands: rows {level, from, to, part, name, tip}; a level a band, names where they fit.
const bands = (rows, { x, levels, width = 860, step = 34 }) => ({
  ...signals(width), height: step * levels.length,
  data: [{ name: 'rows', values: rows }],
  scales: [
    { name: 'y', type: 'band', domain: levels, range: 'height', padding: 0.06 },
    { name: 'x', domain: { data: 'rows', field: 'to' }, range: 'width', zero: true },
    { name: 'fill', type: 'ordinal', domain: [...new Set(rows.map((r) => r.part))], range: palette },
  ],
  axes: [{ orient: 'left', scale: 'y', domain: false, ticks: false }, { orient: 'bottom', scale: 'x', title: x, tickCount: { signal: 'max(2, width / 90)' } }],
  marks: [
    { type: 'rect', from: { data: 'rows' }, encode: { enter: { y: { scale: 'y', field: 'level' }, height: { scale: 'y', band: 1 }, x: { scale: 'x', field: 'from' }, x2: { scale: 'x', field: 'to' }, fill: { scale: 'fill', field: 'part' }, stroke: { value: colours().paper }, strokeWidth: { value: 1 }, ...tip } } },
    { type: 'text', interactive: false, from: { data: 'rows' }, encode: { enter: { y: { scale: 'y', field: 'level', band: 0.5 }, x: { signal: "(scale('x', datum.from) + scale('x', datum.to)) / 2" }, align: { value: 'center' }, baseline: { value: 'middle' }, fontSize: { value: 11 }, fill: { value: '#ffffff' }, text: { signal: "scale('x', datum.to) - scale('x', datum.from) > 7 * length(datum.name) ? datum.name : ''" } } } },
  ],
});

// Shares of time slots: rows {lane, from, to, busy, stall, tip}; busy from below, stalled on top of it.
const shares = (rows, { x, width = 860, step = 30 }) => {
  const names = [...new Set(rows.map((r) => r.lane))];
  const part = (from, to, colour) => ({ type: 'rect', from: { data: 'rows' }, encode: { enter: {
    x: { scale: 'x', field: 'from' }, x2: { scale: 'x', field: 'to' }, fill: { value: colour }, ...tip,
    y: { signal: `scale('y', datum.lane) + bandwidth('y') * (1 - ${to})` }, y2: { signal: `scale('y', datum.lane) + bandwidth('y') * (1 - ${from})` },
  } } });
  return {
    ...signals(width), height: step * names.length,
    data: [{ name: 'rows', values: rows }],
    scales: [
      { name: 'y', type: 'band', domain: names, range: 'height', padding: 0.12 },
      { name: 'x', domain: { data: 'rows', fields: ['from', 'to'] }, range: 'width', zero: true },
      { name: 'fill', type: 'ordinal', domain: ['busy', 'stall'], range: [palette[0], palette[1]] },
    ],
    axes: [{ orient: 'left', scale: 'y', domain: false, ticks: false }, { orient: 'bottom', scale: 'x', title: x, grid: true }],
    legends: [{ fill: 'fill', orient: 'right' }],
    marks: [part('0', 'datum.busy', palette[0]), part('datum.busy', '(datum.busy + datum.stall)', palette[1])],
  };
};

// One line a row over several axes: columns {key, title}; values that are no numbers stand at places of their own.
const parallel = (rows, columns, { width = 900, height = 300 } = {}) => ({
  ...signals(width), height,
  data: [
    { name: 'rows', values: rows },
    { name: 'columns', values: columns },
  ],
  scales: [
    { name: 'ord', type: 'point', domain: columns.map((c) => c.key), range: 'width', padding: 0.3 },
    { name: 'stroke', type: 'ordinal', domain: [true, false], range: ['#e07b39', '#2f6db5'] },
    ...columns.map((c) => c.words
      ? { name: `s:${c.key}`, type: 'point', domain: c.words, range: 'height', padding: 0.5 }
      : { name: `s:${c.key}`, domain: { data: 'rows', field: { signal: `'${c.key.replaceAll('.', '\\\\.')}'` } }, range: 'height', zero: false, nice: true }),
  ],
  axes: columns.map((c) => ({ orient: 'left', scale: `s:${c.key}`, title: c.title, titleAngle: 0, titleAlign: 'center', titleX: 0, titleY: -14, tickCount: 5, offset: { scale: 'ord', value: c.key, mult: -1 }, zindex: 1 })),
  marks: [{
    type: 'group', from: { data: 'rows' },
    marks: [{
      type: 'line', from: { data: 'columns' },
      encode: { enter: {
        x: { scale: 'ord', field: 'key' }, y: { scale: { signal: "'s:' + datum.key" }, field: { parent: { datum: 'key' } } },
        defined: { signal: 'isValid(parent[datum.key])' },
        stroke: { scale: 'stroke', field: { parent: 'front' } }, strokeOpacity: { signal: 'parent.front ? 0.9 : 0.12' }, strokeWidth: { signal: 'parent.front ? 1.8 : 1' }, tooltip: { signal: 'parent.tip' },
      } },
    }],
  }],
});
