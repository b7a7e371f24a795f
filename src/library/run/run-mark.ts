/**
 * Returns `localStorage`, in which pages mark the plug-ins that run: no other storage of a page is written synchronously. Null where it
 * is missing or denied, or where the page has no Web Locks.
 */
export function markStorage(): Storage | null {
  try {
    const { localStorage } = globalThis as { readonly localStorage?: Storage };
    return 'locks' in navigator ? (localStorage ?? null) : null;
  } catch {
    return null; // Denied: the page is sandboxed, or site data is blocked.
  }
}

/** What a page writes about one plug-in while it runs. */
export interface RunMark {
  readonly id: string;
  /** The installation, so that a mark of a removed plug-in says nothing about one that is installed later. */
  readonly installation: string;
  readonly sha256: string;
  /** `VersionRecord.crashes` when the run began. One crash that is read twice thus counts once. */
  readonly crashes: number;
}

/** Returns the prefix of the keys under which pages mark the plug-ins of a library. Each key is also the name of its page's lock. */
export function markPrefix(library: string): string {
  return `tenon-running/${encodeURIComponent(library)}/`;
}

export function encodeMarks(marks: readonly RunMark[]): string {
  return JSON.stringify(marks);
}

/** Returns the marks in a stored text. Other scripts of the site may have written it: what is no mark is left out. */
export function decodeMarks(text: string): RunMark[] {
  try {
    const stored: unknown = JSON.parse(text);
    return Array.isArray(stored) ? stored.filter(isMark) : [];
  } catch {
    return [];
  }
}

function isMark(value: unknown): value is RunMark {
  if (typeof value !== 'object' || value === null) return false;
  const { id, installation, sha256, crashes } = value as Readonly<Record<string, unknown>>;
  return [id, installation, sha256].every((field) => typeof field === 'string') && Number.isSafeInteger(crashes);
}
