/** Where this library keeps plug-ins' directories in the origin's private file system. */
export const storedHome = 'tenon-files';

/** A name of the app's as the name of a directory: encoded it is one name, and none of the special ones. */
export function storedName(id: string): string {
  return `files-${encodeURIComponent(id)}`;
}
