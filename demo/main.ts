import { byId } from './dom.js';
import { Playground } from './playground.js';
import { keepForOffline } from './shell.js';
import { Splitter } from './view/splitter.js';

const panes = byId('panes', HTMLDivElement);

function panel(name: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`[data-panel="${name}"]`);
  if (found === null) throw new TypeError(`index.html has no panel "${name}"`);
  return found;
}

const side = panel('inspector').parentElement ?? panes;
const work = byId('call', HTMLFormElement).parentElement ?? panes;

void new Splitter({
  handle: byId('split-left', HTMLDivElement),
  pane: panel('plugins'),
  holder: panes,
  property: '--left',
  axis: 'x',
  label: 'Width of the plug-ins',
  minPx: 200,
  maxShare: 0.32,
});
void new Splitter({
  handle: byId('split-right', HTMLDivElement),
  pane: panel('inspector'),
  holder: panes,
  property: '--right',
  axis: 'x',
  after: true,
  label: 'Width of the inspector and the log',
  minPx: 280,
  maxShare: 0.38,
});
void new Splitter({
  handle: byId('split-side', HTMLDivElement),
  pane: panel('inspector'),
  holder: side,
  property: '--inspector',
  axis: 'y',
  label: 'Height of the inspector',
  minPx: 120,
  maxShare: 0.8,
});
void new Splitter({
  handle: byId('split-work', HTMLDivElement),
  pane: byId('call', HTMLFormElement),
  holder: work,
  property: '--editor',
  axis: 'y',
  label: 'Height of the input',
  minPx: 180,
  maxShare: 0.65,
});

const playground = new Playground();
// Side by side: a plug-in that never answers must not keep the page from being kept.
await Promise.all([playground.start(), keepForOffline(byId('shell', HTMLDivElement))]);
