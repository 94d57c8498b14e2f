import { createHash } from 'node:crypto';

/**
 * The decision page's style: one column for a phone held in one hand, the system's fonts, light and dark. Colours have
 * a contrast of at least 4.5 to 1 with what they stand on, and nothing is said by colour alone.
 */
export const style = `
:root{color-scheme:light dark;--ground:#f3f4f6;--card:#fff;--ink:#14181f;--soft:#4b5563;--line:#d3d8df;
--live:#a11219;--drill:#8a4b00;--dry:#1d4f91;--yes:#0d6b38;--no:#a11219;--calm:#3d4756;--focus:#1d4ed8}
@media (prefers-color-scheme:dark){:root{--ground:#0e1116;--card:#171b22;--ink:#eceff4;--soft:#a9b3c1;--line:#333b47;
--live:#b3261e;--drill:#915200;--dry:#2a62ab;--yes:#17743f;--no:#b3261e;--calm:#4a5567;--focus:#8ab4ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.mode{margin:0;padding:.6rem 1rem;color:#fff;font-weight:650;text-align:center;background:var(--live)}
.mode.drill{background:var(--drill)}.mode.dry-run{background:var(--dry)}
main{max-width:40rem;margin:0 auto;padding:1rem 1rem 3rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem;margin-top:1rem}
.system{margin:0;color:var(--soft);font-size:.95rem}
h1{font-size:1.55rem;line-height:1.25;margin:.25rem 0 .75rem;text-wrap:balance}
h2{font-size:1.05rem;margin:0 0 .5rem}
.notice{margin:0 0 .75rem;padding:.6rem .8rem;border-left:5px solid var(--no);background:var(--card);font-weight:600}
.left{margin:0;font-size:1.05rem}.left strong{font-variant-numeric:tabular-nums}
ul{margin:0;padding-left:1.2rem}li{margin:.3rem 0;overflow-wrap:anywhere}
.people{list-style:none;padding:0}
.people li{display:flex;justify-content:space-between;gap:1rem;padding:.45rem 0;margin:0;border-top:1px solid var(--line)}
.people li:first-child{border-top:0}.people span{color:var(--soft);text-align:right}
label{display:block;font-weight:600;margin-bottom:.35rem}
.hint{color:var(--soft);font-weight:400}
textarea{width:100%;min-height:4.5rem;padding:.6rem .7rem;font:inherit;color:inherit;background:var(--ground);
border:1px solid var(--soft);border-radius:10px}
.choice{margin-top:1rem}
button{display:block;width:100%;min-height:3.25rem;padding:.6rem 1rem;border:0;border-radius:12px;color:#fff;
background:var(--calm);font-family:inherit;font-size:1.1rem;font-weight:650;line-height:1.2;cursor:pointer}
button.yes{background:var(--yes)}button.no{background:var(--no)}
.choice p{margin:.35rem 0 0;color:var(--soft);font-size:.95rem}
button:focus-visible,textarea:focus-visible{outline:3px solid var(--focus);outline-offset:3px}
footer{color:var(--soft);font-size:.85rem;margin-top:1.25rem;overflow-wrap:anywhere}
@media (min-width:34rem){body{font-size:18px}.card{padding:1.75rem}main{padding-top:2rem}}
`;

/** For the page's Content-Security-Policy: this style and nothing else may apply. */
export const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;
