import { byId, fillTexts } from './dom.js';
import { Playground } from './playground.js';
import { keepForOffline } from './shell.js';
import { strings } from './strings.js';
import { Splitter } from './view/splitter.js';

fillTexts();
const panes = byId('panes', HTMLDivElement);

function panel(name: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`[data-panel="${name}"]`);
  if (found === null) throw new TypeError(`Expected a panel "${name}" in index.html`);
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
  label: strings.splitters.plugins,
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
  label: strings.splitters.side,
  minPx: 280,
  maxShare: 0.38,
});
void new Splitter({
  handle: byId('split-side', HTMLDivElement),
  pane: panel('inspector'),
  holder: side,
  property: '--inspector',
  axis: 'y',
  label: strings.splitters.inspector,
  minPx: 120,
  maxShare: 0.8,
});
void new Splitter({
  handle: byId('split-work', HTMLDivElement),
  pane: byId('call', HTMLFormElement),
  holder: work,
  property: '--editor',
  axis: 'y',
  label: strings.splitters.input,
  minPx: 180,
  maxShare: 0.65,
});

const playground = new Playground();
// At the same time: a plug-in that never finishes loading must not delay the service worker.
await Promise.all([playground.start(), keepForOffline(byId('shell', HTMLDivElement))]);
