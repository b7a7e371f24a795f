import { type ErrorIssue, type ImportPlace, PluginError } from '../errors.js';

/** Returns the error for imports that run on the page where no way of waiting is available. */
export function cannotWait(waiting: readonly ImportPlace[]): PluginError {
  const names = waiting.map(({ module, name }) => `"${module}" "${name}"`).join(', ');
  return new PluginError('cannot-wait', {
    message: `Plug-in cannot wait for its imports ${names}, which run on the page: no JSPI, cross-origin isolation or long-polling service worker`,
    where: names,
    fix: 'Serve the page with COOP and COEP headers, register a service worker that calls serveLongPolledRequests of tenon/service-worker, or move the functions into a hostModule.',
    issues: waiting.map((place) => ({ ...issueOf(place), message: 'runs on the page' })),
  });
}

/** Returns the place of an import, for an issue. */
export function issueOf(place: ImportPlace): Omit<ErrorIssue, 'message'> {
  return { path: `from module "${place.from}": "${place.module}" "${place.name}"`, import: place };
}
