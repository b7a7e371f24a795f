import type { Entry, Sample } from './entries.js';

/** The example plug-ins that are served beside the page, as `plugins/index.json` describes them. */
export async function loadExamples(): Promise<Entry[]> {
  const folder = new URL('plugins/', document.baseURI);
  const response = await fetch(new URL('index.json', folder));
  if (!response.ok) throw new TypeError(`plugins/index.json: the server answered ${response.status}`);
  const { plugins } = (await response.json()) as ExampleFile;
  return plugins.map(({ file, title, description, language, config, functions }) => ({
    kind: 'example',
    id: `example:${file}`,
    title,
    about: description.includes(language) ? description : `${description} Written in ${language}.`,
    file,
    url: new URL(file, folder).href,
    config,
    samples: functions,
  }));
}

/** Written by this project's own build, so its shape is not checked again. */
interface ExampleFile {
  readonly plugins: readonly {
    readonly file: string;
    readonly title: string;
    readonly description: string;
    readonly language: string;
    readonly config: Readonly<Record<string, string>>;
    readonly functions: readonly Sample[];
  }[];
}
