// Serves the specs' page with the two content security policies for the workers' scripts that README.md describes.
import { basename } from 'node:path';
import { serveSpecs } from './spec-site.mjs';

/** `sealed`: only the page uses the network; `normal`: workers may fetch from the page's origin and import its files. */
export const workerPolicies = {
  sealed: "default-src 'none'; script-src 'wasm-unsafe-eval'",
  normal: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
};

/** The policy of the page: what the documentation requires, and inline styles. */
const pagePolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; img-src data:";

/** @param {keyof typeof workerPolicies} policy */
export async function servePolicy(policy) {
  const specs = await serveSpecs('plain');
  const { site } = specs;
  site.route(/^\/(?:$|assets\/)/u, (_request, response, { url }) => {
    const file = site.fileAt(url.pathname);
    if (file === undefined) return site.sendText(response, 404, 'Not found');
    const isWorker = /^(?:worker|loader)\b/u.test(basename(file));
    const ofWorker = isWorker ? { 'content-security-policy': workerPolicies[policy] } : {};
    const ofPage = file.endsWith('.html') ? { 'content-security-policy': pagePolicy } : {};
    site.sendFile(response, file, { ...ofWorker, ...ofPage });
  });
  return specs;
}
