// Makes one request with a plug-in, in Tenon or in the peer: http_request.wasm sends its input.
import { createHost, isPluginError } from 'tenon';

/** @typedef {import('../cases.js').NetworkCase} NetworkCase */
/** @typedef {import('../run-cases.js').Outcome} Outcome */

const module = new URL('/fixtures/http_request.wasm', location.origin).href;
const host = createHost();
/** The limit for a peer that neither answers nor times out. */
const answerLimitMs = 60_000;

/** The fixture reads the length of the request as a 64-bit number, the request, and the body. @param {NetworkCase} one */
function inputOf({ request, body = '' }) {
  const text = new TextEncoder().encode(request);
  const bodyBytes = new TextEncoder().encode(body);
  const input = new Uint8Array(8 + text.length + bodyBytes.length);
  new DataView(input.buffer).setBigUint64(0, BigInt(text.length), true);
  input.set(text, 8);
  input.set(bodyBytes, 8 + text.length);
  return input;
}

/**
 * @param {Uint8Array} status
 * @param {Uint8Array} bytes
 * @returns {Outcome}
 */
function answer(status, bytes) {
  return {
    status: Number(new DataView(status.buffer, status.byteOffset).getBigUint64(0, true)),
    bytes: bytes.length,
    text: new TextDecoder().decode(bytes.slice(0, 10_000)),
  };
}

/** @param {NetworkCase} one @returns {Promise<Outcome>} */
async function tenon(one) {
  const { hosts, followRedirects, maxBytes, timeoutMs } = one;
  const plugin = await host.createPlugin(module, {
    allowedHosts: hosts,
    followRedirects,
    memory: { maxHttpResponseBytes: Math.min(maxBytes, Number.MAX_SAFE_INTEGER) },
    timeoutMs,
  });
  try {
    const output = await plugin.call('request_with_body', inputOf(one));
    return answer((await plugin.call('status')).bytes(), output.bytes());
  } catch (error) {
    if (!isPluginError(error)) throw error;
    return { code: error.code, message: [error.message, error.expected, error.fix].join(' | ') };
  } finally {
    await plugin.close();
  }
}

/** It knows hosts, and neither ports nor schemes. @param {string} pattern */
function peerHost(pattern) {
  return pattern.replace(/^\w+:\/\//u, '').replace(/:(?:\d+|\*)$/u, '');
}

/** @param {NetworkCase} one @returns {Promise<Outcome>} */
async function peer(one) {
  const { default: createPlugin } = await import('@extism/extism');
  const { hosts, maxBytes, timeoutMs } = one;
  const plugin = await createPlugin(module, {
    allowedHosts: hosts.map(peerHost),
    runInWorker: true,
    memory: { maxHttpResponseBytes: maxBytes },
    timeoutMs,
    logLevel: 'silent',
  });
  try {
    const output = await plugin.call('request_with_body', inputOf(one));
    const status = await plugin.call('status');
    return answer(status?.bytes() ?? new Uint8Array(8), output?.bytes() ?? new Uint8Array(0));
  } catch (error) {
    return { code: 'error', message: String(error) };
  } finally {
    await plugin.close();
  }
}

const subjects = { tenon, peer };

/** @type {Window['performCase']} */
window.performCase = async (subject, one) => {
  /** @type {Promise<Outcome>} */
  const late = new Promise((resolve) => {
    setTimeout(() => resolve({ code: 'never', message: `no answer within ${answerLimitMs} ms` }), answerLimitMs);
  });
  return Promise.race([subjects[subject](one), late]);
};
