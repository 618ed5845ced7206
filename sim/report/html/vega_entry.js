modules['vega-selections'] = modules['vega-selection'];
const load = (name) => {
  if (made[name]) return made[name].exports;
  if (!modules[name]) return {}; // left out
  const module = (made[name] = { exports: {} });
  modules[name].call(window, module, module.exports, load);
  return module.exports;
};
const dataflow = load('vega-dataflow');
for (const name of ['vega-transforms', 'vega-view-transforms', 'vega-encode', 'vega-crossfilter'])
  Object.assign(dataflow.transforms, load(name));
return {
  View: load('vega-view').View,
  parse: load('vega-parser').parse,
  interpreter: load('vega-interpreter').expressionInterpreter,
};
})();
