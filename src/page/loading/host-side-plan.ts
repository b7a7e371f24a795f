import { envNamespace } from '../../contract/abi.js';
import { cannotWait } from '../../contract/waiting/cannot-wait.js';
import { PluginError } from '../../contract/errors.js';
import type { WaitingWay, WireFunction } from '../../contract/host-function.js';
import { longPollScope, type UsableWay } from '../host-functions/answer-channel.js';
import { HostCalls, type HttpClient } from '../host-functions/host-calls.js';
import type { HostSide } from '../host-functions/host-side.js';
import type { HttpSettings } from '../base/http-settings.js';
import { cannotAsk } from '../host-functions/input-end.js';
import { hostTable } from '../host-functions/host-table.js';
import type { PluginOptions, PluginSettings } from '../base/options.js';
import type { PlannerContext, PluginPlan } from './plan-parts.js';
import { RawCalls } from '../host-functions/raw-calls.js';
import { possibleWays } from '../base/waiting.js';
import { functionTypeOf } from '../../wasm/module-index.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/**
 * Plans the page's side of one plug-in: host functions and HTTP. A lazy chunk, for plug-ins that call the page while they run.
 * Resolves to null if the plug-in imports neither a function of the app nor `http_request`.
 * @throws PluginError `invalid-argument` for an invalid host function, `unsupported` or `cannot-wait` without a usable way of waiting
 */
export async function planHost(
  plan: PluginPlan,
  { functions = {} }: PluginOptions,
  settings: PluginSettings,
  context: PlannerContext,
): Promise<HostSide | null> {
  const isImported = (module: string, name: string): boolean =>
    plan.entries.some(({ index }) => index.importsFrom(module).has(name));
  const table = hostTable(functions)
    .filter(({ wire }) => isImported(wire.module, wire.name))
    .map((entry) => ({ ...entry, imported: importedResult(plan, entry.wire) }));
  const asks = table.length > 0 || isImported(envNamespace, 'http_request') || plan.wasi?.waiting === 'needed';
  if (!asks && plan.wasi?.waiting !== 'useful') return null;
  const way = asks ? await usableWay(context.waiting) : quickWay(context.waiting);
  if (way === null && typeof plan.wasi?.ends.stdin === 'function') throw cannotAsk();
  // Without allowed hosts the plug-in can run: its worker rejects every request itself.
  if (way === null && plan.allowedHosts.length > 0) rejectHttp(plan);
  return new HostCalls({
    plugin: plan.name,
    table,
    way,
    config: plan.config,
    stuckAfterMs: settings.stuckAfterMs,
    maxRequests: settings.maxRequests,
    http: httpClient(plan, settings, context.fetch),
    raw: table.some(({ wire }) => wire.types === null) ? new RawCalls(plan.policy) : null,
    ends: plan.wasi?.ends ?? null,
    convertResult: settings.profile?.convertResult ?? null,
  });
}

/** Returns the type of a function's result in the modules that import it; undefined if it is unknown, or differs between them. */
function importedResult({ entries }: PluginPlan, { module, name }: WireFunction): string | null | undefined {
  const types = entries.flatMap(({ index }) => {
    const wanted = index.importsFrom(module).get(name);
    return wanted === undefined ? [] : [functionTypeOf(wanted)?.results.join(' ')];
  });
  return types.every((type) => type === types[0]) ? (types[0] === '' ? null : types[0]) : undefined;
}

/** @throws PluginError `cannot-wait` if a module imports `http_request` */
function rejectHttp({ modules, entries }: PluginPlan): void {
  const waiting = modules.flatMap(({ name: from }, at) => {
    const wanted = entries[at]?.index.importsFrom(envNamespace).get('http_request');
    return wanted === undefined ? [] : { module: wanted.module, name: wanted.name, kind: wanted.kind, from };
  });
  if (waiting.length > 0) throw cannotWait(waiting);
}

/** Returns a client that loads the HTTP chunk with the first request. */
function httpClient(plan: PluginPlan, settings: PluginSettings, pageFetch: typeof fetch | null): HttpClient {
  const { followRedirects, onRequest, allowHttpResponseHeaders } = settings;
  const written: HttpSettings = {
    plugin: plan.name,
    allowedHosts: plan.allowedHosts,
    requestedHosts: plan.requestedHosts ?? null,
    matchHost: settings.profile?.matchHost ?? null,
    maxResponseBytes: plan.policy.limits.maxHttpResponseBytes,
    followRedirects,
    fetch: pageFetch,
    onRequest,
  };
  let compiled: HttpSettings | null = null;
  return async (request, body, signal, log) => {
    const { performRequest, withCompiledHosts } = await lazyChunk(() => import('../http/http.js'));
    const http = (compiled ??= withCompiledHosts(written));
    const { status, headers, body: answered, warnings } = await performRequest(request, body, http, signal);
    for (const warning of warnings) log('warn', warning);
    const shown = allowHttpResponseHeaders ? JSON.stringify(Object.fromEntries(headers)) : null;
    return { status, headers: shown, body: answered };
  };
}

/** Returns a way of waiting that costs nothing to set up; null if there is none. */
function quickWay(wanted: WaitingWay | null): UsableWay | null {
  const way = possibleWays().find((one) => wanted === null || one === wanted);
  return way === undefined || way === 'long-poll' ? null : { way };
}

/** Returns the way of waiting that the app chose, else the fastest available one; null if there is none. */
async function usableWay(wanted: WaitingWay | null): Promise<UsableWay | null> {
  const ways = possibleWays().filter((way) => wanted === null || way === wanted);
  for (const way of ways) {
    if (way !== 'long-poll') return { way };
    const scope = await longPollScope();
    if (scope !== null) return { way, scope };
  }
  if (wanted === null) return null;
  throw new PluginError('unsupported', {
    message: `Way of waiting "${wanted}" is not available on this page`,
    where: 'waiting',
    expected: 'a way of waiting that features() lists',
    actual: wanted,
    fix: 'Omit waiting from the options of createHost to use the fastest way that works.',
  });
}
