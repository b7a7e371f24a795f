/** Code as users of the Extism JS SDK write it. types.test.ts compiles it against the SDK's declarations and the drop-in's. */
import create, {
  CAPABILITIES,
  type CallContext,
  type Capabilities,
  createPlugin as named,
  type CurrentPlugin,
  type ExtismPluginOptions,
  type LogLevel,
  type Manifest,
  type ManifestLike,
  type ManifestWasm,
  type MemoryOptions,
  newPlugin,
  type Plugin,
  type PluginConfig,
  type PluginOutput,
} from '@extism/extism';

const memory: MemoryOptions = { maxPages: 10, maxVarBytes: undefined };
const level: LogLevel = 'debug';
const config: PluginConfig = { vowels: 'aeiou' };
const capabilities: Capabilities = CAPABILITIES;

const options: ExtismPluginOptions = {
  useWasi: true,
  runInWorker: capabilities.hasWorkerCapability,
  logger: console,
  logLevel: level,
  functions: {
    'extism:host/user': {
      hello: (callContext: CallContext, at: bigint) => {
        const text = callContext.read(at)?.text() ?? '';
        const { user } = callContext.hostContext<{ user: string }>();
        return callContext.store(`${text} ${user}`);
      },
      async later(current: CurrentPlugin, at: bigint, _times: number) {
        await Promise.resolve();
        current.setVariable('seen', new Uint8Array([1]));
        current.deleteVariable('seen');
        current.setError(new Error('no'));
        return at + current.alloc(4) + current.length(at);
      },
    },
  },
  allowedPaths: { '/data': '/tmp' },
  allowedHosts: ['*.example.com'],
  memory,
  timeoutMs: null,
  enableWasiOutput: true,
  config,
  fetch,
  sharedArrayBufferSize: 65_536,
  allowHttpResponseHeaders: true,
  nodeWorkerArgs: { name: 'worker' },
};

const items: ManifestWasm[] = [
  { url: 'https://example.com/a.wasm', hash: 'abc' },
  { url: new URL('https://example.com/b.wasm'), name: 'b' },
  { data: new Uint8Array() },
  { response: new Response() },
];
const manifest: Manifest = {
  wasm: items,
  config,
  timeoutMs: 5,
  allowed_hosts: ['example.com'],
  max_pages: 3,
} as Manifest;
const sources: (ManifestLike | PromiseLike<ManifestLike>)[] = [
  manifest,
  '{}',
  new URL('https://a'),
  fetch('https://a'),
];

export async function typicalUsage(): Promise<unknown[]> {
  const [source = manifest] = sources;
  const plugin: Plugin = await create(source, options);
  const others = [await named('https://a'), await newPlugin(new ArrayBuffer(8))];
  const output: PluginOutput | null = await plugin.call('count_vowels', 'Hello', { user: 'me' });
  const count: number = output?.json().count;
  const bytes: Uint8Array | undefined = output?.bytes();
  const exports: WebAssembly.ModuleExportDescriptor[] = await plugin.getExports();
  const imports: WebAssembly.ModuleImportDescriptor[] = await plugin.getImports();
  const instance: WebAssembly.Instance = await plugin.getInstance();
  const wasReset: boolean = (await plugin.reset()) && plugin.isActive() && (await plugin.functionExists('x'));
  await Promise.all([plugin, ...others].map((one) => one.close()));
  const texts: (string | undefined)[] = [output?.text(), output?.string()];
  return [count, bytes, exports, imports, instance.exports, wasReset, texts, output?.arrayBuffer()];
}
