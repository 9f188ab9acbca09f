import { readAddress, type IpAddress } from '../../algebra/ip-address.ts';

/** Where a controller would connect, as every parser of URLs reads it. */
export interface SourceUrl {
  readonly scheme: string;
  /** In lower case, without the dot that may end a name and the brackets of an IPv6 address. */
  readonly host: string;
  /** The host as an address, undefined where it is a name. */
  readonly address: IpAddress | undefined;
  /** Undefined: the scheme's own. */
  readonly port: number | undefined;
  /** Segments, without an empty one at the end. */
  readonly path: readonly string[];
}

/** What a text means, or why it is not taken: a URL that two parsers may read as two hosts has no meaning here. */
export type ReadUrl =
  | { readonly ok: true; readonly value: SourceUrl }
  | { readonly ok: false; readonly problem: string; readonly fix: string };

/** Longer than any URL that people write; what is longer is not looked into. */
const longestUrl = 2048;
const schemeSyntax = /^[a-z][a-z0-9+.-]*$/i;
/** Printable ASCII, without the characters that parsers treat differently (WHATWG URL, RFC 3986, Go's net/url). */
const plainText = /^[!#-;=?-[\]_a-z~]+$/i;
const userSyntax = /^[\w.-]+$/;
const nameSyntax = /^(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/;
const portSyntax = /^[1-9]\d{0,4}$/;
const scpSyntax = /^[\w.-]+@[^/:@]+:(?!\/\/)/;
/** A last label of digits, or of hexadecimal digits after 0x, makes a parser read an address (WHATWG URL, section 3.5). */
const numericLabel = /^(\d+|0x[\da-f]*)$/;

/** Reads `scheme://[user@]host[:port][/path]`, as strictly as it takes for all parsers to agree. */
export function readSourceUrl(text: string): ReadUrl {
  if (text.length > longestUrl) return refuse(`is longer than ${longestUrl} characters`);
  if (scpSyntax.test(text)) return refuse('is in the form of scp, not a URL; write ssh://user@host/path');
  const separator = text.indexOf('://');
  const scheme = text.slice(0, Math.max(separator, 0)).toLowerCase();
  if (!schemeSyntax.test(scheme)) return refuse('is not a URL with a scheme, such as https://host/path');
  return readAfterScheme(scheme, text.slice(separator + 3));
}

/** Reads `host[:port][/path]`, where the scheme is said elsewhere. */
export function readHostAndPath(scheme: string, text: string): ReadUrl {
  if (text.length > longestUrl) return refuse(`is longer than ${longestUrl} characters`);
  return readAfterScheme(scheme, text);
}

/** Docker Hub, where a reference to an image names no registry. */
const defaultRegistry = 'docker.io';

/** Reads a reference to an image: its first part is a registry only if it has a dot or a port, or is `localhost`. */
export function readImage(scheme: string, text: string): ReadUrl {
  const [first = '', ...rest] = text.split('/');
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return readHostAndPath(scheme, isRegistry ? text : `${defaultRegistry}/${text}`);
}

/** Whether a text is a path inside the source for all that kustomize may make of it: `github.com/a/b` is a repository. */
export function isLocalPath(text: string): boolean {
  const [first = ''] = text.split('/', 1);
  if (first === '.' || first === '..') return true;
  return first !== '' && !first.includes('.') && !/[:?~\\]/.test(text);
}

function refuse(problem: string): ReadUrl {
  return { ok: false, problem, fix: 'Write the URL as scheme://host/path.' };
}

function readAfterScheme(scheme: string, text: string): ReadUrl {
  if (!plainText.test(text)) return refuse('has characters that parsers of URLs read differently');
  const end = text.search(/[/?#]/);
  const authority = end === -1 ? text : text.slice(0, end);
  const [path = ''] = (end === -1 ? '' : text.slice(end)).split(/[?#]/, 1);
  const at = authority.lastIndexOf('@');
  const user = at === -1 ? undefined : authority.slice(0, at);
  if (user !== undefined && !(scheme === 'ssh' && userSyntax.test(user))) {
    return refuse('has a user before its host, which can pass for the host; credentials belong into a Secret');
  }
  return readHost(scheme, authority.slice(at + 1), path);
}

function readHost(scheme: string, hostAndPort: string, path: string): ReadUrl {
  const [written, port] = splitPort(hostAndPort.toLowerCase());
  if (port !== undefined && !isPort(port)) return refuse('has a port that is not a number from 1 to 65535');
  const isBracketed = written.startsWith('[') && written.endsWith(']');
  const host = isBracketed ? written.slice(1, -1) : withoutEndDot(written);
  const read = readAddress(host);
  const problem = read.ok ? undefined : problemOfName(host, isBracketed);
  if (problem !== undefined) return refuse(problem);
  const segments = segmentsOf(path);
  if (segments === undefined) {
    return refuse('has a path with empty, dot or encoded segments, which servers read differently');
  }
  const address = read.ok ? read.value : undefined;
  return { ok: true, value: { scheme, host, address, port: port === undefined ? port : Number(port), path: segments } };
}

/** The port stands after the first colon that is not within brackets. */
function splitPort(text: string): readonly [host: string, port: string | undefined] {
  const colon = text.indexOf(':', Math.max(text.lastIndexOf(']'), 0));
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function isPort(text: string): boolean {
  return portSyntax.test(text) && Number(text) <= 65_535;
}

/** Why a host that is no address is no name either. */
function problemOfName(host: string, isBracketed: boolean): string | undefined {
  if (isBracketed) return 'has a host in brackets that is no IPv6 address';
  if (!nameSyntax.test(host)) return 'has no host that is a name or an address';
  const isNumeric = numericLabel.test(host.slice(host.lastIndexOf('.') + 1));
  return isNumeric ? 'has a host of numbers that some programs read as an address' : undefined;
}

function withoutEndDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** What a server may decode before it looks at segments: a dot, both slashes, and the mark of the code itself. */
const encodedSyntax = /%(2e|2f|5c|25)/i;

/** Undefined where a path may mean another: a segment is empty, `.` or `..`, or hides such in a code. */
function segmentsOf(path: string): readonly string[] | undefined {
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '');
  if (trimmed === '') return [];
  const segments = trimmed.split('/');
  const isPlain = segments.every((one) => one !== '' && one !== '.' && one !== '..' && !encodedSyntax.test(one));
  return isPlain ? segments : undefined;
}
