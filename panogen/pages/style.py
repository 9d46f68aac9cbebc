"""How the page looks: light or dark as the reader's system is, on a phone, and printed.

The colours are those of Okabe and Ito, which the colour-blind tell apart; every other line is dashed besides.
"""

STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1e21; --quiet: #5d646d; --rule: #d9dde2;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b5598c; --c4: #b87f00; --c5: #3a94cc;
  --c6: #7f7a00; --c7: #555555; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e6e8ea; --quiet: #9aa3ad; --rule: #343a41;
  --c0: #56b4e9; --c1: #f0803c; --c2: #2cc79b; --c3: #dd9cc0; --c4: #e69f00; --c5: #8fb8ff;
  --c6: #f0e442; --c7: #b0b0b0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.45 system-ui, sans-serif; }
h1 { margin: 0.5rem 0 0; font-size: 1.7rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.25rem; border-bottom: 1px solid var(--rule); }
h3 { margin: 0; font-size: 1rem; }
p { margin: 0.25rem 0; }
p, figcaption, summary { color: var(--quiet); }
h3, b { color: var(--ink); }
summary { cursor: pointer; }
.grid-of { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
figure { margin: 0; min-width: 0; break-inside: avoid; font-size: 0.85rem; }
figure ul { margin: 0.2rem 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 0 1rem; }
img { display: block; width: 100%; height: auto; border-radius: 3px; }
.chart { display: flex; flex-direction: column; }
.chart > svg { display: block; width: 100%; height: auto; margin-top: auto; }
text { fill: var(--quiet); font: 11px system-ui, sans-serif; }
.grid { stroke: var(--rule); }
.stage { stroke: var(--quiet); stroke-dasharray: 2 3; }
.line, .raw { fill: none; stroke: currentColor; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.line { stroke-width: 2; }
.line.dashed { stroke-dasharray: 7 3; }
.raw { stroke-width: 1; opacity: 0.3; }
.dot, .area { fill: currentColor; }
.area { stroke: var(--paper); stroke-width: 0.7; }
.key { display: inline-block; vertical-align: middle; width: 1.4em; margin-right: 0.2em; }
.key.stroke { border-top: 3px solid currentColor; }
.key.stroke.dashed { border-top-style: dashed; }
.key.fill { height: 0.8em; background: currentColor; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
.c4 { color: var(--c4); } .c5 { color: var(--c5); } .c6 { color: var(--c6); } .c7 { color: var(--c7); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.2rem 1.2rem 0.2rem 0; border-bottom: 1px solid var(--rule); text-align: left;
  vertical-align: top; font-weight: normal; overflow-wrap: anywhere; }
th { color: var(--quiet); overflow-wrap: break-word; }
.rows th, .rows td { overflow-wrap: normal; white-space: nowrap; font-variant-numeric: tabular-nums; }
.rows td:last-child { white-space: normal; min-width: 14rem; }
thead th { vertical-align: bottom; }
.crops { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); max-width: 44rem; }
.pairs { display: grid; gap: 0.8rem 1.5rem; grid-template-columns: 1fr 1fr; margin: 0.3rem 0 1.2rem; }
@media print {
  :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --quiet: #444444; --rule: #cccccc;
    --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b5598c; --c4: #b87f00; --c5: #3a94cc; --c6: #7f7a00;
    --c7: #555555; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2 { break-after: avoid; }
  .grid-of { grid-template-columns: 1fr 1fr; }
  .rows { font-size: 7.5pt; }
  .rows th, .rows td { padding-right: 0.6rem; }
  .rows td:last-child { min-width: 0; }
  * { print-color-adjust: exact; }
}
"""
