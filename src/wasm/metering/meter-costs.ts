import { Event } from './meter-events.js';
import { Op } from '../reader/opcodes.js';

/** One instruction costs 1, and these what they are worth. */
const dear: ReadonlyMap<number, number> = new Map<number, number>([
  [Op.nop, 0],
  [Op.block, 0],
  [Op.loop, 0],
  [Op.else, 0],
  [Op.end, 0],
  [Op.throw, 128],
  [Op.throwRef, 128],
  [Op.rethrow, 128],
  [Op.memoryGrow, 256],
  [Op.tableGrow, 256],
]);
const plain: Uint16Array = Uint16Array.from({ length: 256 }, (_, opcode) => dear.get(opcode) ?? 1);
/** From here on, vectors and atomics: each costs 1. */
export const firstVector = 0xfd_0000;

export function costOf(opcode: number): number {
  if (opcode < 256) return plain[opcode] ?? 1;
  return opcode < firstVector ? (dear.get(opcode) ?? 1) : 1;
}

/** What costs as much as its length says besides, by the event that it is. */
export const bulkEvents: ReadonlyMap<number, number> = new Map<number, number>([
  [Op.memoryFill, Event.memoryFill],
  [Op.memoryCopy, Event.memoryCopy],
  [Op.memoryInit, Event.memoryInit],
  [Op.tableInit, Event.length],
  [Op.tableCopy, Event.length],
  [Op.tableFill, Event.length],
  [Op.tableGrow, Event.length],
  [Op.arrayNew, Event.length],
  [Op.arrayNewDefault, Event.length],
  [Op.arrayNewData, Event.length],
  [Op.arrayNewElem, Event.length],
  [Op.arrayFill, Event.length],
  [Op.arrayCopy, Event.length],
  [Op.arrayInitData, Event.length],
  [Op.arrayInitElem, Event.length],
]);
