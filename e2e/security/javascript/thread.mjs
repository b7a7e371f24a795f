// A thread that compiles and runs JavaScript plug-ins. It may be ended at any time, and its memory is limited.
import { parentPort, workerData } from 'node:worker_threads';
import { createPlugin } from '@extism/extism';

/**
 * @typedef {{ do: 'compile', source: string | Readonly<Record<string, string>>, options?: object }} CompileTask
 * @typedef {{ do: 'run', bytes: Uint8Array<ArrayBuffer>, name: string, input: string }} RunTask
 * @typedef {CompileTask | RunTask} Task
 */

const { code, engine } = /** @type {{ code: string, engine: Uint8Array<ArrayBuffer> }} */ (workerData);
const compilerUrl = `data:text/javascript,${encodeURIComponent(code)}`;

/** @param {CompileTask} task */
async function compile({ source, options }) {
  const { compileJavaScript } = await import(compilerUrl);
  const [standalone, linked] = [
    await compileJavaScript(source, { ...options, engine }),
    await compileJavaScript(source, { ...options, form: 'linked' }),
  ];
  const { bytes, exports, warnings } = standalone;
  return { end: 'compiled', bytes, linked: linked.bytes, exports, warnings };
}

/** @param {RunTask} task */
async function run({ bytes, name, input }) {
  const plugin = await createPlugin(await WebAssembly.compile(bytes), { useWasi: true });
  try {
    parentPort?.postMessage({ started: true });
    const output = await plugin.call(name, input);
    return { end: 'value', text: output?.text() ?? '' };
  } finally {
    await plugin.close();
  }
}

/** @param {Task} task */
async function answerTo(task) {
  try {
    return await (task.do === 'compile' ? compile(task) : run(task));
  } catch (error) {
    const { code: end, message } = Object(error);
    const isTrap = error instanceof WebAssembly.RuntimeError;
    const text = String(message ?? error);
    return { end: end ?? (isTrap ? 'guest-trap' : 'guest-error'), text: text.slice(0, 100_000) };
  }
}

parentPort?.on('message', (/** @type {Task} */ task) => {
  void answerTo(task).then((answer) => parentPort?.postMessage(answer));
});
