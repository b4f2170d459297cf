/** The page's looks: light and dark, wide and narrow, on screen and on paper. */
import { DARK, DARK_GROUND, LIGHT } from "../svg/palette.js";

const variables = (colours: readonly string[]): string => colours.map((colour, i) => `--c${i}:${colour};`).join("");

const LIGHT_THEME = `color-scheme:light;--ground:#ffffff;--card:#f6f7f9;--ink:#1a1d21;--note:#535a63;--line:#d5d9de;--strong:#8a929c;--accent:#0a5aa8;--quote:#eef1f5;${variables(LIGHT)}`;
const DARK_THEME = `color-scheme:dark;--ground:${DARK_GROUND};--card:#1d2127;--ink:#e8eaed;--note:#a9b1bb;--line:#363c45;--strong:#7d8792;--accent:#7cb8f2;--quote:#232830;${variables(DARK)}`;

export const STYLE = `
:root{${LIGHT_THEME}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK_THEME}}}
:root[data-theme=dark]{${DARK_THEME}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:break-word}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:.5rem;background:var(--ground);padding:.5rem 1rem;z-index:9}
.page{max-width:66rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
header{display:flex;gap:1rem;align-items:flex-start;justify-content:space-between}
h1{font-size:1.65rem;line-height:1.2;margin:0 0 .25rem;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:0 0 .8rem;letter-spacing:-.005em}
h3{font-size:1rem;margin:1.4rem 0 .5rem}
p{margin:.4rem 0;max-width:46rem}
header p{color:var(--note);margin:0}
button,select,input{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--strong);border-radius:6px;padding:.3rem .7rem}
button{cursor:pointer}button:hover{border-color:var(--accent)}
.theme{white-space:nowrap;font-size:.85rem}
html:not(.js) .theme{display:none}
section{margin-top:2.6rem;border-top:1px solid var(--line);padding-top:1.4rem}
.headline{display:grid;gap:1rem;grid-template-columns:repeat(2,minmax(0,1fr));margin-top:1.2rem}
.headline section{margin:0;border:1px solid var(--line);border-radius:10px;padding:1rem 1.2rem;background:var(--card)}
.headline h2{font-size:.8rem;font-weight:600;text-transform:uppercase;letter-spacing:.06em;color:var(--note);margin:0 0 .35rem}
.headline p{font-size:.95rem}
.headline .first{grid-column:1/-1;display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:0 1.6rem;align-items:center}
.headline .first h2,.headline .first .scroll,.headline .first .notes{grid-column:1/-1}
.first .lead{font-size:1.4rem;line-height:1.3;font-weight:600;letter-spacing:-.01em;margin:0 0 .6rem}
.first figure{margin:0}
.first figcaption{margin-top:0}.first figcaption strong{display:none}
ul{padding-left:1.15rem;margin:.4rem 0;max-width:48rem}li{margin:.25rem 0}
nav{margin-top:1.4rem;font-size:.9rem}nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;list-style:none;padding:0;margin:0;max-width:none}
nav li{margin:0}nav a{display:inline-block;padding:.15rem 0;text-decoration:none}nav a:hover{text-decoration:underline}
.scroll{overflow:auto;max-height:34rem;margin:.6rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem}
th,td{padding:.28rem .8rem .28rem 0;text-align:left;white-space:nowrap;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{position:sticky;top:0;background:var(--ground);font-weight:600;border-bottom:1px solid var(--strong)}
.headline thead th{background:var(--card)}
th.right,td.right{text-align:right;padding:.28rem 0 .28rem .8rem}
th.right+th:not(.right),td.right+td:not(.right){padding-left:1.2rem}
td.wide{white-space:normal;min-width:20rem}
tbody tr:hover{background:var(--card)}.headline tbody tr:hover{background:var(--quote)}
.notes{color:var(--note);font-size:.82rem;padding-left:0;list-style:none;margin:.2rem 0 0}.notes li{margin:.1rem 0}
figure{margin:1rem 0 1.6rem}
figcaption{color:var(--note);font-size:.85rem;max-width:44rem;margin-top:.3rem}figcaption strong{color:var(--ink)}
.canvas{overflow-x:auto}
svg{display:block;width:100%;max-width:44rem;height:auto;color:var(--ink);font-family:inherit}
svg .paper{fill:none}
${LIGHT.map((_, i) => `svg .c${i}{color:var(--c${i})}`).join("")}
svg .series.aside:not(.on),svg .series.off{display:none}
svg .hit{pointer-events:all}
.no-regions .region{visibility:hidden}.no-out .point.out{display:none}
svg .point:focus{outline:none}svg .point.active .region{visibility:visible;fill-opacity:.22;stroke-opacity:.9}
svg .point.active>:not(title):not(.region):not(.hit):not(text):not(g){stroke:var(--ink);stroke-opacity:1;stroke-width:2}
svg .point.active .hit{fill:var(--strong);fill-opacity:.16}
svg .point:focus-visible .hit,svg .key:focus-visible{outline:3px solid var(--accent)}
.js .key.switch{cursor:pointer}.key.switch[aria-checked=false] text{fill:var(--note);font-style:italic}.key.switch[aria-checked=false] *:not(text){fill:none}
.tip{position:fixed;z-index:8;pointer-events:none;white-space:pre-line;background:var(--ink);color:var(--ground);font-size:.82rem;line-height:1.4;padding:.45rem .65rem;border-radius:6px;max-width:22rem;font-variant-numeric:tabular-nums}
.tip::first-line{font-weight:600}
.controls{display:flex;flex-wrap:wrap;gap:.5rem 1.2rem;align-items:center;font-size:.9rem;margin:.4rem 0}
.controls label{display:inline-flex;flex-wrap:wrap;gap:.45rem;align-items:center;max-width:100%}.controls select{max-width:100%;min-width:0}
.controls fieldset{display:flex;flex-wrap:wrap;gap:.2rem 1rem;border:0;padding:0;margin:0;min-width:0}.controls legend{float:left;margin-right:1rem;color:var(--note)}
input[type=search]{width:16rem;max-width:100%}
.prompts{width:100%;margin:.3rem 0;padding:.2rem}.prompts option{padding:.12rem .3rem;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
blockquote{margin:1rem 0 .6rem;padding:.6rem .9rem;border-left:4px solid var(--accent);background:var(--quote);border-radius:0 6px 6px 0;white-space:pre-line;font-size:1.02rem}
.replies{width:100%;table-layout:fixed;min-width:calc(6rem + var(--columns)*15rem)}
.replies th:first-child{width:7.5rem}.replies td{white-space:pre-line;padding-right:1.2rem}
.replies .scores{display:block;color:var(--note);font-size:.8rem;margin-top:.15rem;white-space:normal}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;overflow:auto;font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;margin:.6rem 0}
pre.code{max-height:26rem}
.js .still{display:none}
@media (max-width:52rem){.headline,.headline .first{grid-template-columns:minmax(0,1fr)}h1{font-size:1.35rem}.first .lead{font-size:1.2rem}.page{padding:1rem .9rem 3rem}.canvas svg{min-width:27rem}section{margin-top:2rem}}
@media print{
:root,:root:not([data-theme=light]),:root[data-theme]{${LIGHT_THEME}}
body{font-size:10pt}.page{max-width:none;padding:0}.theme,.skip,nav,.controls,.browser,.tip{display:none!important}
.js .still{display:block}
.choice figure[hidden]{display:block}
.scroll,pre.code{max-height:none;overflow:visible}pre{white-space:pre-wrap;font-size:7.5pt}table{font-size:8pt}thead th{position:static}
figure,tr,.headline section{break-inside:avoid}h2,h3{break-after:avoid}section{margin-top:1.2rem;padding-top:.8rem}
.headline{display:block}.headline section{margin-bottom:.6rem;background:none}.headline .first{display:block}.first .lead{font-size:13pt}
.canvas svg,svg{max-width:15cm;min-width:0!important}td.wide{min-width:0}th,td{white-space:normal}
@page{margin:1.6cm}
}
`;
