import type { Manifest } from 'tenon';
import type { Entry, Sample } from './entries.js';
import { strings } from './strings.js';

/** Loads the list of the example plug-ins, `plugins/index.json`. */
export async function loadExamples(): Promise<Entry[]> {
  const folder = new URL('plugins/', document.baseURI);
  const response = await fetch(new URL('index.json', folder));
  if (!response.ok) throw new TypeError(strings.examples.httpStatus(response.status));
  const { plugins } = (await response.json()) as ExampleFile;
  return plugins.map((example) => {
    const { file, title, description, language, config, functions } = example;
    return {
      kind: 'example',
      id: `example:${file}`,
      title,
      about: description.includes(language) ? description : strings.examples.withLanguage(description, language),
      file,
      source: sourceOf(example, folder),
      allowedHosts: example.reaches === 'page' ? [location.host] : [],
      keepsValues: example.keepsValues === true,
      config,
      samples: functions.map((sample) => ({ ...sample, input: sample.input.replaceAll('<page>', document.baseURI) })),
    };
  });
}

function sourceOf({ file, linked = [] }: Example, folder: URL): string | Manifest {
  const url = new URL(file, folder).href;
  if (linked.length === 0) return url;
  const others = linked.map((one) => ({ name: one.name, url: new URL(one.file, folder).href }));
  return { wasm: [...others, { name: 'main', url }] };
}

/** Part of this project, so its shape is not validated. */
interface ExampleFile {
  readonly plugins: readonly Example[];
}

interface Example {
  readonly file: string;
  readonly title: string;
  readonly description: string;
  readonly language: string;
  readonly config: Readonly<Record<string, string>>;
  /** Modules that it imports from, by the name that its imports use. */
  readonly linked?: readonly { readonly name: string; readonly file: string }[];
  /** `page`: it may send HTTP requests to the server of this page. */
  readonly reaches?: 'page';
  readonly keepsValues?: boolean;
  /** `<page>` in an input stands for the page's own address. */
  readonly functions: readonly Sample[];
}
