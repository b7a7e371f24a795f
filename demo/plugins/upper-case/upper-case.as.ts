// A module for others to link: one function, which takes a text and returns it in upper case. By itself it answers nothing.
import '../abort.as';
import { readText, writeText } from '../text-blocks.as';

export function upper_case(text: u64): u64 {
  return writeText(readText(text).toUpperCase());
}
