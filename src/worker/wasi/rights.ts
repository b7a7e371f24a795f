import { refuse } from './errno.js';

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#rights; all fit in 30 bits. */
export const rights = {
  fdDatasync: 0x1,
  fdRead: 0x2,
  fdSeek: 0x4,
  fdFdstatSetFlags: 0x8,
  fdSync: 0x10,
  fdTell: 0x20,
  fdWrite: 0x40,
  fdAdvise: 0x80,
  fdAllocate: 0x100,
  pathCreateDirectory: 0x200,
  pathCreateFile: 0x400,
  pathLinkSource: 0x800,
  pathLinkTarget: 0x1000,
  pathOpen: 0x2000,
  fdReaddir: 0x4000,
  pathReadlink: 0x8000,
  pathRenameSource: 0x10000,
  pathRenameTarget: 0x20000,
  pathFilestatGet: 0x40000,
  pathFilestatSetSize: 0x80000,
  pathFilestatSetTimes: 0x100000,
  fdFilestatGet: 0x200000,
  fdFilestatSetSize: 0x400000,
  fdFilestatSetTimes: 0x800000,
  pathSymlink: 0x1000000,
  pathRemoveDirectory: 0x2000000,
  pathUnlinkFile: 0x4000000,
  pollFdReadwrite: 0x8000000,
  sockShutdown: 0x10000000,
  sockAccept: 0x20000000,
} as const;

/** The maximum rights of each kind of descriptor. */
export const fileRights: number =
  rights.fdDatasync |
  rights.fdRead |
  rights.fdSeek |
  rights.fdFdstatSetFlags |
  rights.fdSync |
  rights.fdTell |
  rights.fdWrite |
  rights.fdAdvise |
  rights.fdAllocate |
  rights.fdFilestatGet |
  rights.fdFilestatSetSize |
  rights.fdFilestatSetTimes |
  rights.pollFdReadwrite;

export const directoryRights: number =
  rights.fdDatasync |
  rights.fdSync |
  rights.fdFdstatSetFlags |
  rights.pathCreateDirectory |
  rights.pathCreateFile |
  rights.pathLinkSource |
  rights.pathLinkTarget |
  rights.pathOpen |
  rights.fdReaddir |
  rights.pathReadlink |
  rights.pathRenameSource |
  rights.pathRenameTarget |
  rights.pathFilestatGet |
  rights.pathFilestatSetSize |
  rights.pathFilestatSetTimes |
  rights.fdFilestatGet |
  rights.fdFilestatSetTimes |
  rights.pathSymlink |
  rights.pathRemoveDirectory |
  rights.pathUnlinkFile;

/** The rights that descriptors opened below a preopened directory may have. */
export const allRights: number = fileRights | directoryRights;

/** Without seek and tell: C libraries take a character device without these rights for a terminal, and write to it line by line. */
const streamRights = rights.fdFdstatSetFlags | rights.fdFilestatGet | rights.pollFdReadwrite;
export const inputRights: number = streamRights | rights.fdRead;
export const outputRights: number = streamRights | rights.fdWrite | rights.fdDatasync | rights.fdSync;

/** Converts a guest's 64-bit rights to a number. Unknown bits are ignored. */
export function toRights(asked: bigint): number {
  return Number(asked & 0x3fff_ffffn);
}

export function need(held: { readonly rights: number }, wanted: number): void {
  if ((held.rights & wanted) !== wanted) refuse('notcapable');
}
