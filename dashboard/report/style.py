"""How a report looks: on a light and a dark screen, on a phone, and on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --quiet: #5a6472; --paper: #ffffff; --grid: #d9dee5;
  --soft: #f3f5f8; --marked: #e9f3ec; --accent: #2b59b8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --quiet: #a3adba; --paper: #11161d; --grid: #333c48;
  --soft: #1a212b; --marked: #17301f; --accent: #86abf7; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.55; word-break: keep-all;
  overflow-wrap: anywhere; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic",
  "Noto Sans KR", "Noto Sans CJK KR", sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2.2rem 1.2rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 0.3rem; letter-spacing: -0.01em; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 0.6rem; padding-top: 0.7rem; border-top: 1px solid var(--grid); }
h3 { font-size: 1rem; margin: 1.5rem 0 0.35rem; }
p { margin: 0.5rem 0; max-width: 46rem; }
ul { margin: 0.5rem 0; padding-left: 1.2rem; max-width: 46rem; }
li { margin: 0.25rem 0; }
a { color: var(--accent); }
.subtitle { color: var(--quiet); margin: 0 0 1.2rem; }
.verdict { background: var(--soft); border-left: 4px solid var(--accent); border-radius: 0.4rem;
  padding: 0.4rem 1.1rem 0.8rem; }
.verdict h2 { border: 0; margin: 0.4rem 0 0; padding: 0; font-size: 0.85rem; color: var(--quiet); font-weight: 600; }
.verdict p { max-width: none; }
.verdict p:first-of-type { font-size: 1.12rem; font-weight: 600; }
nav { font-size: 0.9rem; margin: 1rem 0 0; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; max-width: none; }
dl { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: 0.3rem 1.2rem; margin: 0.6rem 0;
  font-size: 0.92rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
figure { margin: 1.3rem 0; }
figure > h3 { margin-bottom: 0.5rem; }
figcaption { color: var(--quiet); font-size: 0.86rem; margin-top: 0.4rem; max-width: 46rem; }
.chart { display: block; overflow: hidden; }
.chart text { font-size: 12px; fill: var(--ink); }
.chart .quiet { fill: var(--quiet); }
.chart .grid { stroke: var(--grid); stroke-width: 1; }
.chart .zero { stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 5 4; }
.hollow { fill: var(--paper); }
.legend { list-style: none; padding: 0; margin: 0.4rem 0 0; display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem;
  font-size: 0.82rem; max-width: none; }
.legend svg { margin-right: 0.4rem; vertical-align: 1px; overflow: visible; }
.wide { overflow-x: auto; margin: 0.9rem 0; }
table { border-collapse: collapse; font-size: 0.86rem; min-width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding: 0 0 0.35rem; }
caption span { display: block; position: sticky; left: 0; max-width: min(46rem, calc(100vw - 2.4rem)); }
th, td { text-align: left; vertical-align: top; padding: 0.38rem 0.55rem; font-weight: 400; overflow-wrap: break-word;
  border-bottom: 1px solid var(--grid); }
thead th { font-weight: 600; border-bottom: 2px solid var(--grid); vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 8rem; }
tbody th.number { min-width: 0; }
.number { text-align: right; }
td.number { white-space: nowrap; }
td small, th small { color: var(--quiet); font-size: 0.92em; font-weight: 400; }
.wordy { min-width: 20rem; }
.marked { background: var(--marked); }
pre { background: var(--soft); border-radius: 0.4rem; padding: 0.7rem 0.9rem; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: 0.82rem; line-height: 1.5; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Noto Sans Mono CJK KR", monospace; }
footer { margin-top: 3rem; padding-top: 0.8rem; border-top: 1px solid var(--grid); color: var(--quiet);
  font-size: 0.84rem; }
@media (max-width: 600px) {
  main { padding: 1.3rem 1rem 3rem; }
  h1 { font-size: 1.4rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.6rem; }
  .chart .value { display: none; }
}
@media print {
  :root { color-scheme: light; --ink: #000000; --quiet: #444444; --paper: #ffffff; --grid: #bbbbbb; --soft: #f2f2f2;
    --marked: #e6f1e9; --accent: #1d4796; }
  @page { margin: 14mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  h2, h3 { break-after: avoid; }
  figure, tr, pre, dl > div, .verdict { break-inside: avoid; }
  .wide { overflow: visible; }
  table { font-size: 7.6pt; }
  th, td { padding: 1.5mm 1mm; }
  td.number { white-space: normal; }
  .wordy { min-width: 0; }
  tbody th { min-width: 0; }
  thead { display: table-header-group; }
}
"""
