// Whether a file is the one that a transaction asks to sign, computed here: file, byte range, digest, signed attributes (RFC 5652 §5.4), hash.
// The same rules as at the server's door and in the SAM; strict, so that nothing is read here that others would read in another way.

const HASHES = { "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512" };
const CONTENT_TYPE = "06092a864886f70d010903";
const MESSAGE_DIGEST = "06092a864886f70d010904";
const ID_DATA = "06092a864886f70d010701";
const [SET, SEQUENCE, OCTET_STRING, OBJECT_IDENTIFIER] = [0x31, 0x30, 0x04, 0x06];

/** The file, or what is said of it, is not what will be signed. */
export class Different extends Error {}

/** Give the transaction, if its digest is what the passkey will sign; `challenge` and `transaction` are base64url. */
export async function readTransaction(transaction, challenge) {
  const raw = decode(transaction);
  const domain = new TextEncoder().encode("natsuin/v1/sign\0");
  if (hex(await digest("SHA-256", join(domain, raw))) !== hex(decode(challenge))) throw new Different("challenge");
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
}

/** Throw Different unless this file is what leads to the document's hash. */
export async function requireSame(file, { hash, content }, algorithm) {
  const name = HASHES[algorithm];
  if (!name) throw new Different("algorithm");
  const found = hex(await digest(name, covered(file, content.byte_range)));
  if (found !== hex(decode(content.digest))) throw new Different("digest");
  if (content.signed_attributes === undefined) {
    if (content.byte_range || found !== hex(decode(hash))) throw new Different("hash");
    return;
  }
  const attributes = decode(content.signed_attributes);
  if (messageDigest(attributes) !== found) throw new Different("messageDigest");
  if (hex(await digest(name, attributes)) !== hex(decode(hash))) throw new Different("hash");
}

/** All but the hole, which may hold zeros only; and the file names this range itself, once. */
function covered(file, range) {
  if (!range) return file;
  const [start, before, after, rest] = range;
  if (start !== 0 || !(0 < before && before < after) || rest < 1 || after + rest !== file.length) throw new Different("byteRange");
  const text = new TextDecoder("latin1").decode(file);
  if (!/^<0*>$/.test(text.slice(before, after))) throw new Different("hole");
  const named = [...text.matchAll(/\/ByteRange[\0-\x20]*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]/g)].map((found) => found.slice(1).map(Number));
  const others = named.filter((one) => one.join() !== range.join());
  if (named.length - others.length !== 1 || others.some((one) => one[2] + one[3] > before)) throw new Different("byteRange");
  return join(file.subarray(0, before), file.subarray(after));
}

function messageDigest(der) {
  const [attributes] = elements(der, 1);
  const members = elements(content(attributes, SET));
  const order = members.map(hex);
  if (order.some((one, index) => index && order[index - 1] > one)) throw new Different("order");
  const found = new Map();
  for (const member of members) {
    const [kind, values] = elements(content(member, SEQUENCE), 2);
    content(kind, OBJECT_IDENTIFIER);
    if (found.has(hex(kind))) throw new Different("twice");
    found.set(hex(kind), content(values, SET));
  }
  if (hex(found.get(CONTENT_TYPE) ?? []) !== ID_DATA) throw new Different("contentType");
  const [value] = elements(found.get(MESSAGE_DIGEST) ?? new Uint8Array(), 1);
  return hex(content(value, OCTET_STRING));
}

function elements(data, count) {
  const cut = [];
  for (let start = 0; start < data.length;) {
    const [head, length] = measure(data.subarray(start));
    if (start + head + length > data.length) throw new Different("der");
    cut.push(data.subarray(start, start + head + length));
    start += head + length;
  }
  if (count !== undefined && cut.length !== count) throw new Different("der");
  return cut;
}

function measure(data) {
  const first = data[1];
  if (first === undefined) throw new Different("der");
  if (first < 0x80) return [2, first];
  const size = first & 0x7f;
  const length = size === 1 ? data[2] : data[2] * 256 + data[3];
  if ((size !== 1 && size !== 2) || !(length >= [0x80, 0x100][size - 1])) throw new Different("der");
  return [2 + size, length];
}

function content(element, tag) {
  if (element[0] !== tag) throw new Different("der");
  return element.subarray(measure(element)[0]);
}

async function digest(name, bytes) {
  return new Uint8Array(await crypto.subtle.digest(name, bytes));
}

function join(one, other) {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function decode(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}
