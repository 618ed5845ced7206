    .section .rodata
    .macro resource name, file
    .global octet_\name
    .global octet_\name\()_end
    octet_\name:
    .incbin "\file"
    octet_\name\()_end:
    .endm
    resource vega, "vega_bundle.js"
    resource charts, "charts.js"
    resource report, "report.js"
    resource style, "report.css"
    resource animation, "animation.js"
    resource lessons, "lessons.js"
    resource animation_style, "animation.css"
    .section .note.GNU-stack,"",%progbits
