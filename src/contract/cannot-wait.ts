import { type ErrorIssue, type ImportPlace, PluginError } from './errors.js';

/** What is said of a plug-in that needs the page while it runs, where nothing lets it wait. */
export function cannotWait(waiting: readonly ImportPlace[]): PluginError {
  const names = waiting.map(({ module, name }) => `"${module}" "${name}"`).join(', ');
  return new PluginError('cannot-wait', {
    message: `the plug-in needs the page while it runs (${names}), and here nothing lets a plug-in wait for it: this browser has no JSPI, and the page is not cross-origin isolated`,
    where: names,
    fix: 'Serve the page with COOP and COEP headers, or register a service worker that calls serveLongPolledRequests from tenon/service-worker, or move these functions into the worker with hostModule.',
    issues: waiting.map((place) => ({ ...issueOf(place), message: 'it runs on the page' })),
  });
}

/** Where an import stands, for an issue. */
export function issueOf(place: ImportPlace): Omit<ErrorIssue, 'message'> {
  return { path: `from module "${place.from}": "${place.module}" "${place.name}"`, import: place };
}
