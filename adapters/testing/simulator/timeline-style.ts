/** Height of a row and of the box in it, in pixels: messages run through what is left between two boxes. */
export const [rowPx, boxPx] = [42, 28] as const;

export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfaf7; --ink: #1f2328; --soft: #667079; --line: #dcdad3; --box: #ffffff; --head: #f3f1ea;
  --act: #2458b8; --stored: #8a8f98; --message: #0f766e; --commit: #3f7d20; --fault: #b45309; --broken: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181c; --ink: #e6e6e3; --soft: #99a2ab; --line: #343a42; --box: #1e2329; --head: #1a1e23;
    --act: #84aeff; --stored: #7d858f; --message: #4fc3b5; --commit: #8fce6a; --fault: #f2b04f; --broken: #ff8a7a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
header, footer { padding: 20px max(16px, 2vw); max-width: 1100px; }
h1 { margin: 0 0 6px; font-size: 20px; line-height: 1.3; text-wrap: balance; overflow-wrap: anywhere; }
h1 b { color: var(--broken); } h1 b.kept { color: var(--commit); }
p { margin: 4px 0; color: var(--soft); }
ul { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 12px 0 0; padding: 0; list-style: none; color: var(--soft); }
li::before { content: ''; display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 3px;
  background: var(--tone); }
main { overflow: auto; max-height: 88vh; border-block: 1px solid var(--line); }
.lanes { position: relative; display: grid; padding-bottom: 14px;
  min-width: calc(76px + var(--count) * 210px); grid-template-columns: 76px repeat(var(--count), minmax(0, 1fr)); grid-auto-rows: ${rowPx}px; }
.lane { position: sticky; top: 0; z-index: 4; display: grid; place-items: center; height: ${rowPx - 8}px; font-weight: 600;
  background: var(--head); border-bottom: 1px solid var(--line); }
.rail { justify-self: center; width: 0; border-left: 1px solid var(--line); }
.time { position: sticky; left: 0; z-index: 3; padding: 5px 8px 0 0; text-align: right; color: var(--soft);
  background: var(--page); font: 12px/1.5 ui-monospace, monospace; }
.lane.time { z-index: 5; background: var(--head); }
svg { position: absolute; left: 76px; top: ${rowPx}px; width: calc(100% - 76px); height: calc(100% - ${rowPx}px);
  overflow: visible; pointer-events: none; }
line { stroke: var(--message); stroke-width: 1.5; }
.missed { stroke: var(--fault); stroke-dasharray: 4 3; }
.tip { fill: var(--message); } .cross { stroke: var(--fault); stroke-width: 1.6; fill: none; }
details.event { position: relative; z-index: 1; align-self: start; justify-self: center; height: ${boxPx}px;
  width: calc(100% - 14px); max-width: 460px; }
details.event > summary { height: ${boxPx}px; padding: 0 9px; overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis; line-height: ${boxPx - 2}px; list-style: none; cursor: pointer; background: var(--box);
  border: 1px solid var(--line); border-left: 3px solid var(--tone); border-radius: 6px; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--act); outline-offset: 1px; }
details.event[open] { z-index: 2; }
details.event[open] > summary { height: auto; min-height: ${boxPx}px; padding-block: 3px; white-space: pre-wrap;
  overflow-wrap: anywhere; line-height: 1.45; box-shadow: 0 6px 20px #0004; }
.act { --tone: var(--act); } .told, .fault, .lost { --tone: var(--fault); } .stored, .note { --tone: var(--stored); }
.sent, .answered, .heard { --tone: var(--message); } .commit { --tone: var(--commit); }
.broken { --tone: var(--broken); }
.act summary { font-weight: 600; color: var(--act); } .note summary { color: var(--soft); }
.fault summary, .lost summary, .told summary { color: var(--fault); }
details.broken.event { max-width: 900px; } .broken summary { font-weight: 600; color: var(--broken);
  border-color: var(--broken); }
footer details { margin: 8px 0; } footer summary { cursor: pointer; color: var(--soft); }
pre { overflow: auto; max-height: 60vh; padding: 12px; background: var(--box); border: 1px solid var(--line);
  border-radius: 6px; font: 12px/1.5 ui-monospace, monospace; }
`;
