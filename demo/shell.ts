import { features } from 'tenon';
import { button, make } from './dom.js';

/**
 * Registers the service worker that keeps this page for the next visit, and says in `root` how that stands. Without service
 * workers the page works all the same, online.
 */
export async function keepForOffline(root: HTMLElement): Promise<void> {
  const say = (sentence: string, title = sentence): void => {
    root.replaceChildren(make('p', { role: 'status', title }, sentence));
  };
  if (!('serviceWorker' in navigator)) {
    const [why = 'This browser has no service workers.'] = features().notes;
    return say('Online only', why);
  }
  if (!import.meta.env.PROD) return say('Development server');
  try {
    await register(root, say);
  } catch (error) {
    say('Online only', `This page could not be kept for offline use: ${String(error)}`);
  }
}

async function register(root: HTMLElement, say: (sentence: string, title?: string) => void): Promise<void> {
  const container = navigator.serviceWorker;
  const hadController = container.controller !== null;
  const sayReady = (): void => {
    if (navigator.onLine) say('Works offline', 'This page and its examples are kept in this browser.');
    else say('You are offline', 'You are offline. What is listed here works all the same.');
  };
  let asked = false;
  const offer = (waiting: ServiceWorker): void => {
    const takeOver = (): void => {
      asked = true;
      waiting.postMessage('take-over');
    };
    root.replaceChildren(make('p', { role: 'status' }, 'A new version is ready.'), button('Reload', takeOver));
  };
  container.addEventListener('controllerchange', () => {
    if (asked) location.reload();
    // Another tab took the new version over: this one still runs the old, whose files are gone.
    else if (hadController) {
      root.replaceChildren(
        make('p', { role: 'status' }, 'This page is of an older version.'),
        button('Reload', () => location.reload()),
      );
    }
  });
  if (!hadController) say('Saving for offline use…');
  const address = new URL('service-worker.js', document.baseURI);
  const registration = await container.register(address, { updateViaCache: 'none' });
  registration.addEventListener('updatefound', () => {
    const { installing } = registration;
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed' && container.controller !== null) offer(installing);
      if (installing.state === 'redundant' && registration.active === null) {
        say(
          'Online only',
          'This page could not be kept for offline use: its files changed meanwhile, or there is no room.',
        );
      }
    });
  });
  await container.ready;
  if (registration.waiting !== null) return offer(registration.waiting);
  sayReady();
  addEventListener('online', sayReady);
  addEventListener('offline', sayReady);
}
