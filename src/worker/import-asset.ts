import { assetFailed } from '../contract/asset-failed.js';

/**
 * Imports a lazy chunk. Some engines never request a URL again whose import failed once, so the second attempt has another URL.
 * @throws PluginError `asset-failed`
 */
export function importAsset(url: string, fix?: string): Promise<unknown> {
  const load = (specifier: string): Promise<unknown> => import(/* @vite-ignore */ specifier);
  return load(url).catch((cause: unknown) =>
    load(`${url}?${Date.now()}`).catch(() => {
      throw assetFailed(url, cause, fix);
    }),
  );
}
