/**
 * Stores the playground for offline use: all files of one build, in one cache named after that build. Files are fetched with
 * `integrity`, so a cache never mixes two builds. A new build waits until the user reloads or closes the page: pages load
 * chunks on demand, and need those of their own build.
 */

import { serveLongPolledRequests } from 'tenon/service-worker';

/** Defined before this script by the build: see e2e/setup/app-shell-plugin.ts. */
declare const tenonShell: {
  readonly version: string;
  /** Paths relative to the page, `''` for the page itself, and what `integrity` they have. */
  readonly files: readonly (readonly [path: string, integrity: string])[];
};

declare const self: ServiceWorkerGlobalScope;

const prefix = 'tenon-playground ';
const cacheName = `${prefix}${tenonShell.version}`;
const scope = new URL('./', self.location.href);
const keys = new Map(tenonShell.files.map(([path, integrity]) => [path, keyOf(path, integrity)]));

/** Returns the cache key. It contains the hash, so an unchanged file is found in the previous build's cache. */
function keyOf(path: string, integrity: string): string {
  const url = new URL(path, scope);
  url.searchParams.set('integrity', integrity);
  return url.href;
}

async function fill(): Promise<void> {
  const cache = await caches.open(cacheName);
  await Promise.all(
    tenonShell.files.map(async ([path, integrity]) => {
      const key = keyOf(path, integrity);
      const kept = await caches.match(key);
      // `no-cache` revalidates the browser's HTTP cache.
      await cache.put(key, kept ?? (await fetch(new URL(path, scope), { integrity, cache: 'no-cache' })));
    }),
  );
}

async function dropOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(prefix) && name !== cacheName).map((name) => caches.delete(name)),
  );
}

/** Returns the path of a request relative to the scope, as in `tenonShell.files`; null outside the scope. */
function pathOf({ url, mode }: Request): string | null {
  const { origin, pathname, search } = new URL(url);
  if (origin !== scope.origin || !pathname.startsWith(scope.pathname)) return null;
  const path = pathname.slice(scope.pathname.length);
  if (mode === 'navigate') return path === 'index.html' ? '' : path;
  return search === '' ? path : null;
}

async function answer(request: Request, path: string): Promise<Response> {
  const key = keys.get(path);
  const kept = key === undefined ? undefined : await caches.match(key, { cacheName });
  if (kept !== undefined) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    // An unknown address while offline: show the start page instead of the browser's error.
    if (request.mode === 'navigate') return Response.redirect(scope.href);
    throw error;
  }
}

serveLongPolledRequests(self);

self.addEventListener('install', (event) => event.waitUntil(fill()));

self.addEventListener('activate', (event) => event.waitUntil(dropOthers().then(() => self.clients.claim())));

self.addEventListener('message', ({ data }) => {
  if (data === 'take-over') void self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const path = request.method === 'GET' ? pathOf(request) : null;
  if (path !== null && (keys.has(path) || request.mode === 'navigate')) event.respondWith(answer(request, path));
});
