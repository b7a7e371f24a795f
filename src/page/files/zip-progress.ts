/** How far an archive is written or read. */
export interface ZipProgress {
  /** Files, directories and links that are done. */
  readonly entries: number;
  readonly totalEntries: number;
  /** Unpacked bytes that are done. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface ZipOptions {
  /** Aborts the operation, which then has changed nothing. */
  readonly signal?: AbortSignal;
  /** Called after each entry, and about once per mebibyte of a large one. */
  readonly onProgress?: (progress: ZipProgress) => void;
}
