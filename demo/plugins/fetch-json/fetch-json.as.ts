// Fetches JSON over HTTP and answers with what it wants of it. Which hosts it may ask, the app says.
import { Host } from '@extism/as-pdk';
import { http_request } from '@extism/as-pdk/lib/env';
import '../abort.as';
import { readText, writeText } from '../text-blocks.as';

@external('extism:host/env', 'http_status_code')
declare function http_status_code(): i32;

/** The input is the URL; the output is the JSON as it came. */
export function fetch_json(): i32 {
  answer(get(Host.inputString()));
  return 0;
}

/** The input is the URL of a list of plug-ins; the output is their titles. */
export function list_titles(): i32 {
  const titles = textsOf(get(Host.inputString()), 'title');
  answer(titles.length == 0 ? 'There is no "title" in it.' : titles.join('\n'));
  return 0;
}

function get(url: string): string {
  const request = '{"url":' + quote(url.trim()) + ',"headers":{"accept":"application/json"}}';
  const body = readText(http_request(writeText(request), 0));
  const status = http_status_code();
  if (status != 200) throw new Error('the server answered ' + status.toString());
  return body;
}

/** Every text that stands under `key`, in the order of the file. It reads no more of JSON than that. */
function textsOf(json: string, key: string): string[] {
  const found = new Array<string>();
  const name = '"' + key + '"';
  for (let at = json.indexOf(name); at >= 0; at = json.indexOf(name, at + name.length)) {
    let from = at + name.length;
    while (from < json.length && (json.charCodeAt(from) <= 0x20 || json.charAt(from) == ':')) from++;
    if (json.charAt(from) != '"') continue;
    let to = from + 1;
    while (to < json.length && json.charAt(to) != '"') to += json.charAt(to) == '\\' ? 2 : 1;
    found.push(json.substring(from + 1, to));
  }
  return found;
}

function quote(text: string): string {
  return '"' + text.replaceAll('\\', '\\\\').replaceAll('"', '\\"') + '"';
}

function answer(text: string): void {
  Host.output(Uint8Array.wrap(String.UTF8.encode(text)));
}
