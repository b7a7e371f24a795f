import { envNamespace } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import type { HttpAnswer } from '../../contract/host-function.js';
import type { PageImport } from '../suspend/waiter.js';
import { slowCallPrice } from './host-work.js';
import { type BlockOwner, give, readBytes, takeText, toText } from './blocks.js';

const encoder = new TextEncoder();

/** The results of `http_status_code` and `http_headers`: status and headers of the last response, in this call or an earlier one. */
export class LastResponse {
  status = 0;
  headers: string | null = null;
}

/** Creates `http_request`, which the page performs. It takes ownership of both handles. */
export function httpRequest(owner: BlockOwner, last: LastResponse): PageImport {
  return {
    ask: (request, body) => {
      owner.work.count(slowCallPrice);
      // Both are read before either is freed: they may be the same block.
      const requestBytes = readBytes(owner, request as bigint, 'http_request', 'HTTP request');
      const bytes = body === 0n ? null : readBytes(owner, body as bigint, 'http_request', 'HTTP body');
      owner.release(request as bigint);
      owner.release(body as bigint);
      const text = toText(owner, requestBytes, 'http_request', 'HTTP request');
      return { question: ['http', text, bytes], transfer: bytes === null ? [] : [bytes.buffer] };
    },
    answer: (value) => {
      const { status, headers, body } = value as HttpAnswer;
      last.status = status;
      last.headers = headers;
      return give(owner, body, 'http_request');
    },
    fail: owner.failure.raiseHost,
  };
}

/** Creates `http_request` for a plug-in that cannot wait for the page and is allowed no host: every request is refused. */
export function refusedRequest(owner: BlockOwner): WebAssembly.ImportValue {
  return (request: bigint, body: bigint): never => {
    owner.work.count();
    const text = takeText(owner, request, 'http_request', 'HTTP request');
    owner.release(body);
    const url = urlOf(text);
    return owner.failure.raiseHost(
      new PluginError('host-not-allowed', {
        message: `HTTP request to ${url} is not allowed: allowedHosts is empty`,
        where: `${envNamespace}.http_request`,
        expected: 'a host in allowedHosts',
        actual: url,
        fix: 'Add the host to allowedHosts if you trust the plug-in with it.',
        details: { host: hostOf(url), url },
      }),
    );
  };
}

function urlOf(request: string): string {
  try {
    const { url } = JSON.parse(request) as { url?: unknown };
    return typeof url === 'string' ? url.slice(0, 2_048) : '(no URL)';
  } catch {
    return '(no URL)';
  }
}

/** Read before the worker's globals are deleted. */
const ParsedUrl = URL;

function hostOf(url: string): string {
  return ParsedUrl.canParse(url) ? new ParsedUrl(url).host : '';
}

/** Creates `http_headers`. */
export function lastHeaders(owner: BlockOwner, last: LastResponse): WebAssembly.ImportValue {
  return (): bigint => {
    owner.work.count();
    return last.headers === null ? 0n : give(owner, encoder.encode(last.headers), 'http_headers');
  };
}
