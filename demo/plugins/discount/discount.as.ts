// Runs before an order is charged: takes `percent` (10, if it is not configured) off its total, and leaves the rest of it alone.
// Input and output: JSON with a number "total".
import { Config, Host, Memory } from '@extism/as-pdk';
import { error_set } from '@extism/as-pdk/lib/env';
import '../abort.as';

const KEY = '"total":';

export function before_charge(): i32 {
  const order = Host.inputString();
  const start = order.indexOf(KEY);
  if (start < 0) return fail('the order has no "total"');
  const from = start + KEY.length;
  let to = from;
  while (to < order.length && isOfNumber(order.charCodeAt(to))) to++;
  const configured = Config.get('percent');
  const percent = configured === null ? 10.0 : F64.parseFloat(configured);
  const total = F64.parseFloat(order.substring(from, to)) * (1.0 - percent / 100.0);
  const rounded = Math.round(total * 100.0) / 100.0;
  Host.output(Uint8Array.wrap(String.UTF8.encode(order.substring(0, from) + rounded.toString() + order.substring(to))));
  return 0;
}

function isOfNumber(unit: i32): bool {
  return (unit >= 0x30 && unit <= 0x39) || unit == 0x2e || unit == 0x2d || unit == 0x20;
}

function fail(message: string): i32 {
  error_set(Memory.allocateString(message).offset);
  return 1;
}
