import { PluginError } from '../../contract/errors.js';

/** More than any API asks for; each costs the page time. */
const mostHeaders = 256;
const mostShown = 100;

const token = /^[\w!#$%&'*+.^`|~-]+$/;
/** RFC 9110, section 5.5: no control characters but the tab, and only bytes. */
const fieldValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * What a server may take for the user's, the page's or a proxy's word. A browser would drop most of them silently; the app's
 * own `fetch` might send them on.
 */
const refusedNames = /^(?:cookie2?|set-cookie2?|host|origin|referer|(?:access-control|proxy|sec)-.*)$/;
/** What the browser writes itself: it says how a request travels, not what it says. PDKs' HTTP clients add these. */
const droppedNames =
  /^(?:accept-charset|accept-encoding|connection|content-length|date|dnt|expect|keep-alive|te|trailer|transfer-encoding|upgrade|via)$/;
const overrideNames = /^x-(?:http-)?method(?:-override)?$/;
const refusedMethods = /^(?:CONNECT|TRACE|TRACK)$/;

/**
 * The method in upper case.
 * @throws PluginError `http-failed`
 */
export function checkMethod(written: string): string {
  const method = written.toUpperCase();
  if (!token.test(method)) throw refused('method', 'an HTTP method such as GET or POST', shown(written));
  if (refusedMethods.test(method)) throw refused('method', 'a method that browsers can send', method);
  return method;
}

/** Headers that may be sent, and a sentence for each that is left out. */
export interface CheckedHeaders {
  readonly headers: readonly [name: string, value: string][];
  readonly warnings: readonly string[];
}

/** @throws PluginError `http-failed` */
export function checkHeaders(written: readonly (readonly [name: string, value: string])[]): CheckedHeaders {
  if (written.length > mostHeaders) throw refused('headers', `at most ${mostHeaders} headers`, `${written.length}`);
  const headers: [name: string, value: string][] = [];
  const warnings: string[] = [];
  for (const [name, value] of written) {
    const lower = name.toLowerCase();
    if (!token.test(name)) throw refused('headers', 'header names of letters, digits and dashes', shown(name));
    if (!fieldValue.test(value)) {
      const actual = 'a value with a line break, another control character, or a character outside ISO 8859-1';
      throw refused(`headers["${shown(name)}"]`, 'one line of ISO 8859-1 text', actual);
    }
    if (refusedNames.test(lower)) {
      throw refused(`headers["${shown(name)}"]`, "headers that are the plug-in's own to send", shown(lower));
    }
    if (
      overrideNames.test(lower) &&
      value.split(',').some((method) => refusedMethods.test(method.trim().toUpperCase()))
    ) {
      throw refused(`headers["${shown(name)}"]`, 'a method that browsers can send', shown(value));
    }
    if (droppedNames.test(lower)) warnings.push(`the browser writes the header "${lower}" itself: yours was left out`);
    else headers.push([name, value]);
  }
  return { headers, warnings };
}

function refused(where: string, expected: string, actual: string): PluginError {
  return new PluginError('http-failed', {
    message: `HTTP request: ${where}: expected ${expected}, found ${actual}`,
    where: `http_request ${where}`,
    expected,
    actual,
    fix: 'The plug-in must send another request: this one is refused before it leaves the page.',
  });
}

/** A plug-in's text, short and on one line. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, mostShown)).slice(1, -1);
}
