const light = `--page:#f5f6f8;--card:#fff;--ink:#17212d;--muted:#566375;--line:#dde2e9;--band:#f3f5f8;--soft:#eef1f5;
--good:#0c7347;--good-soft:#e2f4ea;--bad:#b8242a;--bad-soft:#fde9e8;--warn:#8a5800;--warn-soft:#fdf1d8;
--detect:#c67a06;--decide:#7a52cc;--execute:#2368d1;--verify:#0c8a7d;--loss:#b0417c;--undo:#8b97a6`;
const dark = `--page:#0d131a;--card:#151d27;--ink:#e7edf4;--muted:#9dadbf;--line:#2a3543;--band:#19222d;--soft:#1e2935;
--good:#57cc95;--good-soft:#12372a;--bad:#ff8a84;--bad-soft:#44201f;--warn:#f0bd5e;--warn-soft:#3b2e12;
--detect:#eda43a;--decide:#ab8ff5;--execute:#66a3f7;--verify:#41c4b4;--loss:#e884b4;--undo:#8494a6`;

const base = `*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;color-scheme:light dark}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
svg.plot{display:block;width:100%;max-width:640px;height:auto}
svg.plot .axis{fill:none;stroke:var(--line)}svg.plot .goal{stroke:var(--muted);stroke-dasharray:5 4}svg.plot .way{fill:none;stroke:var(--muted);stroke-width:1}
svg.plot text{fill:var(--muted);font-size:12px}svg.plot .good{fill:var(--good)}svg.plot .bad{fill:var(--bad)}
main,header.top,footer{max-width:1180px;margin:0 auto;padding:0 24px}
h1{font-size:clamp(1.65rem,4vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:.15em 0 .4em;text-wrap:balance}
h2{font-size:1.15rem;margin:0 0 .7em;letter-spacing:-.005em}
h3{font-size:1rem;margin:1.4em 0 .4em}
p{margin:.35em 0}
code,pre,.log time,.offset{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em}
code{overflow-wrap:anywhere}
pre{background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:12px 14px;overflow-x:auto;white-space:pre-wrap}
a{color:var(--execute)}
time{white-space:nowrap;font-variant-numeric:tabular-nums}
:focus-visible{outline:3px solid var(--execute);outline-offset:2px}
.muted{color:var(--muted);font-size:.92em}
.notice{background:repeating-linear-gradient(-45deg,var(--warn-soft) 0 14px,transparent 14px 28px),var(--card);border-bottom:1px solid var(--line);color:var(--ink);text-align:center;padding:9px 24px;font-size:.93rem}
.notice b{color:var(--warn);text-transform:uppercase;letter-spacing:.06em;margin-right:.5em}
header.top{padding-top:34px;padding-bottom:10px}
.verdict{display:flex;gap:20px;align-items:flex-start}
.verdict .mark{flex:none;width:58px;height:58px;border-radius:50%;margin-top:24px}
.mark.good{background:var(--good)}.mark.bad{background:var(--bad)}.mark.warn{background:var(--warn)}
.mark path{fill:none;stroke:var(--card);stroke-width:5;stroke-linecap:round;stroke-linejoin:round}
.kicker{color:var(--muted);font-weight:600;font-size:.95rem;margin:0}
.lead{font-size:1.12rem;margin:.15em 0}
.facts{display:flex;flex-wrap:wrap;gap:2px 22px;margin:.9em 0 0;padding:0;list-style:none;color:var(--muted);font-size:.9rem}
nav ul{display:flex;flex-wrap:wrap;gap:8px;list-style:none;margin:18px 0 4px;padding:0}
nav a{display:block;padding:3px 12px;border:1px solid var(--line);border-radius:99px;background:var(--card);text-decoration:none;color:var(--ink);font-size:.9rem}
nav a:hover{border-color:var(--execute)}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px 22px;margin:0 0 16px}
.intro{color:var(--muted);margin:-.4em 0 .9em}
.cards{display:grid;grid-template-columns:1.25fr 1fr .95fr;gap:16px;margin:18px 0 0}
.cards .levels{grid-column:1/-1}
.card h2{display:flex;justify-content:space-between;color:var(--muted);font-size:.95rem;font-weight:600;margin:0}
.figure{font-size:1.9rem;font-weight:700;letter-spacing:-.02em;line-height:1.2;margin:.15em 0 .5em}
.figure small{font-size:.95rem;font-weight:500;color:var(--muted);letter-spacing:0}
.note{color:var(--muted);font-size:.88rem;overflow-wrap:anywhere}
.bar{position:relative}
.track{display:flex;height:18px;border-radius:5px;overflow:hidden;background:var(--soft);border:1px solid var(--line)}
.part{display:block;min-width:2px}
.part+.part{border-left:2px solid var(--card)}
div.bar>.target{position:absolute;top:-4px;bottom:-4px;width:0;border-left:3px solid var(--ink);margin-left:-2px}
.ends{position:relative;display:flex;justify-content:space-between;color:var(--muted);font-size:.8rem;margin:3px 0 8px}
.ends .at{position:absolute;transform:translateX(-50%);color:var(--ink)}
.detect{background:var(--detect);fill:var(--detect)}.decide{background:var(--decide);fill:var(--decide)}.execute{background:var(--execute);fill:var(--execute)}.verify{background:var(--verify);fill:var(--verify)}.loss{background:var(--loss)}
.legend{display:flex;flex-wrap:wrap;gap:3px 18px;list-style:none;margin:.5em 0;padding:0;font-size:.9rem}
.legend b{font-variant-numeric:tabular-nums;font-weight:600}
.swatch{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.swatch.waiting{background:repeating-linear-gradient(135deg,var(--muted) 0 2.5px,var(--soft) 2.5px 6px)}
.swatch.undo{border:1.5px dashed var(--undo)}
.diamond{display:inline-block;width:9px;height:9px;transform:rotate(45deg);margin:0 8px 0 3px;background:var(--ink)}
.diamond.late{background:var(--bad)}.diamond.again{background:var(--card);border:2px solid var(--bad)}
.triangle{display:inline-block;border:5px solid transparent;border-top:8px solid var(--muted);border-bottom:0;margin-right:6px}
.figures{margin:.5em 0 0}.figures div{display:flex;justify-content:space-between;gap:12px;padding:4.5px 0;border-bottom:1px solid var(--line)}
.figures div:last-child{border:0}.figures dt{color:var(--muted)}.figures dd{margin:0;font-weight:600;text-align:right;font-variant-numeric:tabular-nums}
.figures .attention dd{color:var(--warn)}
.badge{display:inline-block;padding:0 9px;border-radius:99px;font-size:.82rem;font-weight:600;line-height:1.6;white-space:nowrap;background:var(--soft);color:var(--muted)}
.badge.good{background:var(--good-soft);color:var(--good)}.badge.bad{background:var(--bad-soft);color:var(--bad)}.badge.warn{background:var(--warn-soft);color:var(--warn)}`;

const record = `.scroll{overflow-x:auto}
table.data{border-collapse:collapse;width:100%;font-size:.92rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th{text-align:left;color:var(--muted);font-weight:600;font-size:.84rem;padding:4px 12px 6px 0;border-bottom:1px solid var(--line);white-space:nowrap}
td{vertical-align:top;padding:8px 12px 8px 0;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
td.wide{min-width:180px;overflow-wrap:anywhere}.whole{white-space:nowrap}.numeric{text-align:right;font-variant-numeric:tabular-nums}
td p{margin:0 0 .25em;overflow-wrap:anywhere}td p.bad{color:var(--bad)}
.outputs code{background:var(--soft);border-radius:4px;padding:1px 5px}
.problems,.tasks,.decisions{list-style:none;margin:0;padding:0}
.problems li{border-left:4px solid var(--bad);padding:2px 0 2px 14px;margin:0 0 14px}
.mend{background:var(--soft);border-radius:8px;padding:7px 12px}
.tasks li{display:flex;gap:12px;margin:0 0 10px}.tasks p{color:var(--muted)}
.box{flex:none;width:17px;height:17px;border:2px solid var(--muted);border-radius:4px;margin-top:4px}
.decisions li{border-left:4px solid var(--decide);padding:0 0 0 16px;margin:0 0 18px}
.decisions h3{margin:.05em 0}
.problems li:last-child,.tasks li:last-child,.decisions li:last-child{margin-bottom:0}section>:last-child,section>:last-child p:last-child{margin-bottom:0}
blockquote{margin:.4em 0;padding:4px 14px;border-left:3px solid var(--line);color:var(--muted)}
.aside{border-left:4px solid var(--line);padding:3px 0 3px 12px;font-size:.92rem;overflow-wrap:anywhere}
.aside.bad{border-color:var(--bad)}.aside.warn{border-color:var(--warn)}
.deadline{width:140px;height:14px;display:inline-block;vertical-align:-2px;margin-right:10px}
.deadline .grid{stroke:var(--line);stroke-width:3}.deadline .over{stroke:var(--bad);stroke-width:3}.deadline .tick{stroke:var(--ink);stroke-width:2}.deadline .ok{fill:var(--good)}.deadline .late{fill:var(--bad)}
details{border-top:1px solid var(--line);padding:9px 0}
summary{cursor:pointer;padding:2px 0}
details[open]>summary{margin-bottom:8px}
.phase:first-of-type{border-top:0}.phase summary .muted{margin-left:4px}
.pairs{margin:.3em 0}.pairs div{display:grid;grid-template-columns:150px 1fr;gap:14px;padding:3px 0}.pairs dt{color:var(--muted)}.pairs dd{margin:0;overflow-wrap:anywhere}
.draft{overflow-wrap:anywhere}.draft ul{margin:.2em 0;padding-left:1.25em}
.draft h3:first-child{margin-top:0}
.fill{font-style:italic;color:var(--muted);list-style:none;border:1px dashed var(--line);border-radius:8px;padding:5px 12px;margin:5px 0 5px -1.25em;background:var(--band)}
.log{list-style:none;margin:0;padding:0;font-size:.92rem}
.log li{display:grid;grid-template-columns:76px 84px 1fr;gap:8px;padding:2px 0 2px 10px;border-left:3px solid var(--line);overflow-wrap:anywhere}
.log .good{border-color:var(--good)}.log .bad{border-color:var(--bad)}.log .warn{border-color:var(--warn)}.offset{color:var(--muted)}
footer{color:var(--muted);font-size:.88rem;padding-bottom:40px}`;

const drawing = `.gantt svg{display:block;width:100%;min-width:820px;height:auto;font:13px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
.gantt text{fill:var(--ink)}.gantt .axis,.gantt .words{fill:var(--muted);font-size:12px;font-variant-numeric:tabular-nums}
.gantt .words{paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}.gantt .unbegun .label{fill:var(--muted)}
.gantt .words.bad{fill:var(--bad);font-weight:600}.gantt text.target{fill:var(--bad);font-size:12px}
.gantt .phase .label,.gantt .lane .label{font-weight:650}.gantt .idle text{fill:var(--muted);font-style:italic}
.gantt .grid{stroke:var(--line)}.gantt line.target{stroke:var(--bad);stroke-width:2;stroke-dasharray:5 4}
.gantt .band{fill:var(--band)}.gantt .pale{opacity:.45}
.gantt pattern .pale{opacity:.22}
.gantt .waiting.decide{fill:url(#hatch-decide)}.gantt .waiting.execute{fill:url(#hatch-execute)}.gantt .waiting.verify{fill:url(#hatch-verify)}
.gantt .undo{fill:none;stroke:var(--undo);stroke-width:1.5;stroke-dasharray:4 3}
.gantt .span{fill:none;stroke-width:3}.span.decide{stroke:var(--decide)}.span.execute{stroke:var(--execute)}.span.verify{stroke:var(--verify)}
.gantt .due{fill:var(--muted)}.gantt .again{fill:var(--card);stroke:var(--bad);stroke-width:2}.gantt .cross{stroke:var(--bad);stroke-width:3;stroke-linecap:round;fill:none}
.gantt .message{fill:var(--ink);stroke:var(--card);stroke-width:1.5}.gantt .message.late{fill:var(--bad)}`;

const narrow = `@media(max-width:940px){.cards{grid-template-columns:1fr 1fr}.cards .card:last-child{grid-column:1/-1}}
@media(max-width:640px){main,header.top,footer{padding-left:14px;padding-right:14px}section,.card{padding:16px 15px}
.cards{grid-template-columns:1fr;gap:12px}.verdict{gap:12px}.verdict .mark{width:40px;height:40px;margin-top:26px}
table.data,.data tbody,.data tr{display:block;width:100%}svg.plot text{font-size:22px}.data thead{display:none}
.data tr{border-bottom:1px solid var(--line);padding:8px 0}.data tr:last-child{border:0}
.data td{display:flow-root;width:100%;border:0;padding:2px 0 2px 108px;min-height:1.6em;text-align:left;overflow-wrap:anywhere}.data .badge,.data time{white-space:normal}
.data td::before{content:attr(data-label);color:var(--muted);font-size:.84rem;float:left;margin-left:-108px;width:100px}
.data td.empty{display:none}.pairs div{grid-template-columns:1fr;gap:0}.log li{grid-template-columns:72px 80px;}.log li span:last-child{grid-column:1/-1}}`;

const print = `@media print{:root{${light}}html{color-scheme:light}body{background:#fff;font-size:11pt}nav{display:none}
main,header.top,footer{max-width:none;padding:0}section,.card{break-inside:avoid-page;border-color:#ccc}section{break-inside:auto}
h2,h3,summary,thead,caption{break-after:avoid}tr,.decisions li,.problems li{break-inside:avoid}.gantt svg{min-width:0}
details::details-content{content-visibility:visible;height:auto;display:block}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;

/** The page's only style sheet: light, dark by the reader's setting, narrow screens, and paper. */
export const styles = [
  `:root{${light}}`,
  `@media(prefers-color-scheme:dark){:root{${dark}}}`,
  base,
  record,
  drawing,
  narrow,
  print,
].join('\n');
