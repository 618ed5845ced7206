# Writes OUT: the modules of Vega in FOLDER (Debian's libjs-vega has no single file), each in a function of its own,
# and a `require` that knows them. Geography, force layouts and word clouds are left out.
set(modules util canvas time format loader dataflow scale scenegraph statistics expression event-selector selection
    functions runtime view parser transforms view-transforms encode interpreter crossfilter)
set(text "'use strict';\nconst octetVega = (() => {\nconst modules = {}, made = {};\n")
foreach(module ${modules})
  file(READ ${FOLDER}/vega-${module}.min.js code)
  string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" code "${code}")
  string(APPEND text "modules['vega-${module}'] = function (module, exports, require) {\n${code}\n};\n")
endforeach()
file(READ ${ENTRY} entry)
file(WRITE ${OUT} "${text}${entry}")
