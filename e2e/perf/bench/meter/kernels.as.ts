// Kernels for the benchmark of metering, in AssemblyScript. Each export runs once and returns a checksum.

function fibonacci(n: i32): i32 {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

export function as_fibonacci(): i32 {
  return fibonacci(30);
}

export function as_sieve(): i32 {
  const flags = new Uint8Array(1_000_000);
  let count = 0;
  for (let i = 2; i < flags.length; i += 1) {
    if (flags[i] !== 0) continue;
    count += 1;
    for (let multiple = i * 2; multiple < flags.length; multiple += i) flags[multiple] = 1;
  }
  return count;
}

export function as_mandelbrot(): i32 {
  let inside = 0;
  for (let row = 0; row < 120; row += 1) {
    for (let column = 0; column < 160; column += 1) {
      const x0: f64 = <f64>column / 60 - 2;
      const y0: f64 = <f64>row / 60 - 1;
      let x: f64 = 0;
      let y: f64 = 0;
      let turn = 0;
      while (turn < 200 && x * x + y * y <= 4) {
        const next = x * x - y * y + x0;
        y = 2 * x * y + y0;
        x = next;
        turn += 1;
      }
      inside += turn;
    }
  }
  return inside;
}

class Cell {
  constructor(
    public value: i32,
    public next: Cell | null,
  ) {}
}

/** Allocation and collection. */
export function as_lists(): i32 {
  let sum = 0;
  for (let turn = 0; turn < 40; turn += 1) {
    let list: Cell | null = null;
    for (let i = 0; i < 2_000; i += 1) list = new Cell(i ^ turn, list);
    while (list !== null) {
      sum += list.value;
      list = list.next;
    }
  }
  return sum;
}

export function as_map(): i32 {
  const map = new Map<i32, i32>();
  for (let i = 0; i < 60_000; i += 1) {
    const key = (i * 7919) & 0x3fff;
    map.set(key, (map.has(key) ? map.get(key) : 0) + i);
  }
  let sum = 0;
  const values = map.values();
  for (let i = 0; i < values.length; i += 1) sum ^= values[i];
  return sum;
}

/** Strings: joined, cut and compared. */
export function as_words(): i32 {
  const words: string[] = [];
  for (let i = 0; i < 3_000; i += 1) words.push('word' + (i % 97).toString() + ' ');
  const text = words.join('');
  const parts = text.split(' ');
  let vowels = 0;
  for (let i = 0; i < parts.length; i += 1) {
    const part = parts[i];
    for (let at = 0; at < part.length; at += 1) if ('aeiou'.indexOf(part.charAt(at)) >= 0) vowels += 1;
  }
  return vowels;
}
