import { features } from 'tenon';
import { button, make } from './dom.js';
import { strings } from './strings.js';

/**
 * Registers the service worker that stores this page for offline use, and shows the state in `root`. Without service workers
 * the page works online.
 */
export async function keepForOffline(root: HTMLElement): Promise<void> {
  const show = (sentence: string, title = sentence): void => {
    root.replaceChildren(make('p', { role: 'status', title }, sentence));
  };
  if (!('serviceWorker' in navigator)) {
    const [why = strings.shell.noServiceWorkers] = features().notes;
    return show(strings.shell.onlineOnly, why);
  }
  if (!import.meta.env.PROD) return show(strings.shell.developmentServer);
  try {
    await register(root, show);
  } catch (error) {
    show(strings.shell.onlineOnly, strings.shell.notStored(String(error)));
  }
}

async function register(root: HTMLElement, show: (sentence: string, title?: string) => void): Promise<void> {
  const container = navigator.serviceWorker;
  const hadController = container.controller !== null;
  const showReady = (): void => {
    if (navigator.onLine) show(strings.shell.ready, strings.shell.readyTitle);
    else show(strings.shell.offline, strings.shell.offlineTitle);
  };
  let asked = false;
  const offer = (waiting: ServiceWorker): void => {
    const takeOver = (): void => {
      asked = true;
      waiting.postMessage('take-over');
    };
    root.replaceChildren(
      make('p', { role: 'status' }, strings.shell.newVersion),
      button(strings.shell.reload, takeOver),
    );
  };
  container.addEventListener('controllerchange', () => {
    if (asked) location.reload();
    // Another tab activated the new version. This page still runs the old one, whose files are deleted.
    else if (hadController) {
      root.replaceChildren(
        make('p', { role: 'status' }, strings.shell.oldVersion),
        button(strings.shell.reload, () => location.reload()),
      );
    }
  });
  if (!hadController) show(strings.shell.saving);
  const address = new URL('service-worker.js', document.baseURI);
  const registration = await container.register(address, { updateViaCache: 'none' });
  registration.addEventListener('updatefound', () => {
    const { installing } = registration;
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed' && container.controller !== null) offer(installing);
      if (installing.state === 'redundant' && registration.active === null) {
        show(strings.shell.onlineOnly, strings.shell.notStoredChanged);
      }
    });
  });
  await container.ready;
  if (registration.waiting !== null) return offer(registration.waiting);
  showReady();
  addEventListener('online', showReady);
  addEventListener('offline', showReady);
}
