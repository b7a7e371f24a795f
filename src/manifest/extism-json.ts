import type { AllowedPath, ParsedManifest, ParsedModule } from './parsed.js';

/**
 * Returns a manifest as canonical JSON for other Extism hosts: snake_case, bytes in base64, without `plugin` and `x-` keys.
 * Those hosts support no scheme or port in `allowed_hosts`: such a pattern matches nothing there.
 */
export function toExtismJson(manifest: ParsedManifest): string {
  const { modules, memory, config, requested, timeoutMs } = manifest;
  return JSON.stringify({
    wasm: modules.map(moduleJson),
    memory: {
      max_pages: memory.maxPages ?? undefined,
      max_http_response_bytes: memory.maxHttpResponseBytes ?? undefined,
      max_var_bytes: memory.maxVarBytes ?? undefined,
    },
    config: Object.fromEntries(config),
    allowed_hosts: requested.hosts ?? undefined,
    allowed_paths: requested.paths === null ? undefined : Object.fromEntries(requested.paths.map(pathEntry)),
    timeout_ms: timeoutMs ?? undefined,
  });
}

function moduleJson(module: ParsedModule): object {
  const item = { name: module.name ?? undefined, hash: module.hash ?? undefined };
  if (module.kind === 'data') {
    return { data: encodeBase64(module.bytes), ...item, type: module.isJavaScript ? 'javascript' : undefined };
  }
  return { url: module.url, method: module.method, headers: Object.fromEntries(module.headers), ...item };
}

function pathEntry({ hostPath, guestPath, isReadOnly }: AllowedPath): readonly [string, string] {
  return [isReadOnly ? `ro:${hostPath}` : hostPath, guestPath];
}

function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  // More arguments than this overflow the stack in some engines.
  const chunk = 8_192;
  for (let at = 0; at < bytes.length; at += chunk) parts.push(String.fromCharCode(...bytes.subarray(at, at + chunk)));
  return btoa(parts.join(''));
}
