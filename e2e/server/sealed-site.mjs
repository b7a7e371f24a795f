// The specs' page with the two policies that the workers' scripts may be served with (see README, security).
import { basename } from 'node:path';
import { serveSpecs } from './spec-site.mjs';

/** `sealed`: the page reads for the workers; `normal`: they may reach the page's own origin and import its files. */
export const workerPolicies = {
  sealed: "default-src 'none'; script-src 'wasm-unsafe-eval'",
  normal: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
};

/** The page itself: what the documentation asks for, and nothing inline but its style. */
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
