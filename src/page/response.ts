import { describeThrown } from '../contract/error-wire.js';
import { PluginError } from '../contract/errors.js';
import type { Header } from '../contract/protocol.js';
import { pumpStream } from './pump.js';
import type { WireResolved } from './source.js';

/** Responses that the page reads itself. A part of its own: most pages let the worker fetch. */

export async function fetchOnPage(
  pageFetch: typeof fetch,
  url: string,
  method: string,
  headers: readonly Header[],
): Promise<WireResolved> {
  let response: Response;
  try {
    response = await pageFetch(url, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    });
  } catch (cause) {
    throw new PluginError('fetch-failed', {
      message: `${url} could not be fetched: ${describeThrown(cause)}`,
      where: url,
      cause,
    });
  }
  return fromResponse(response, url);
}

export function fromResponse(response: Response, url: string = response.url): WireResolved {
  const label = url === '' ? 'the given Response' : url;
  if (response.bodyUsed) {
    throw new PluginError('invalid-argument', {
      message: `${label} was read already`,
      where: 'source',
      fix: 'Give the Response before anything reads its body, or give a clone of it.',
    });
  }
  if (!response.ok) {
    throw new PluginError('http-status', {
      message: `${label} could not be fetched: the server answered ${response.status} ${response.statusText}`.trim(),
      where: label,
      expected: 'a status from 200 to 299',
      actual: String(response.status),
      details: { status: response.status },
    });
  }
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  return {
    kind: 'bytes',
    source: {
      kind: 'pump',
      port: pumpStream(response.body),
      totalBytes: Number.isSafeInteger(length) && !response.headers.has('content-encoding') ? length : null,
    },
    label,
    baseUrl: url === '' ? document.baseURI : url,
  };
}
