// A plug-in in JavaScript: `createPlugin('/plugins/greet.js')`.

/** Takes and returns JSON. */
export const greet = plugin(({ name }) => ({ hello: name, excited: Config.get('excited') === 'yes' }));

/** Takes and returns text, as with the Extism JS PDK. */
export function shout() {
  console.log('shouting');
  Host.outputString(Host.inputString().toUpperCase());
}

let calls = 0;

export function count() {
  Host.outputString(String((calls += 1)));
}

export function fail() {
  throw new RangeError('no such name');
}

export function spin() {
  for (;;);
}
