// Codes as a person types them, of the CA's letter and for recovery: reading, checking, grouping (docs/ca.md). What one is good for, the server says.

export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MULTIPLES = [0x0c8, 0x190, 0x305, 0x2aa, 0x1f4];
const IGNORED = /[ \t\r\n\-_.\u2010-\u2015\u2212\u30fc\u00ad\u3000]/g;
const READ_AS = { O: "0", I: "1", L: "1" };
export const LETTERS = 20;

/** What was typed, without what does not count: any case and width, O for 0, I and L for 1. */
export function plain(text) {
  return text.normalize("NFKC").toUpperCase().replace(IGNORED, "").replace(/[OIL]/g, (letter) => READ_AS[letter]);
}

/** The twenty letters; null where it is mistyped: nobody was ever given such a code. */
export function readCode(text) {
  const letters = plain(text);
  if (letters.length !== LETTERS || [...letters].some((letter) => !ALPHABET.includes(letter))) return null;
  return remainder(letters) === 0 ? letters : null;
}

/** Letters with the two that check them. */
export function withCheckLetters(letters) {
  const check = remainder(`${letters}00`);
  return letters + ALPHABET[check >> 5] + ALPHABET[check & 31];
}

function remainder(letters) {
  let state = 0;
  for (const letter of letters) {
    const out = state >> 5;
    state = (state & 31) << 5 | ALPHABET.indexOf(letter);
    for (const [bit, multiple] of MULTIPLES.entries()) if (out >> bit & 1) state ^= multiple;
  }
  return state;
}

/** The letters in groups of four, as on the paper. */
export function grouped(text) {
  return plain(text).replace(/(.{4})(?=.)/gu, "$1-");
}

/** Keep a field in groups while it is typed; the caret stays behind the letter that it was behind. */
export function groupWhileTyped(field, changed) {
  field.addEventListener("input", (event) => {
    if (event.isComposing) return; // a Japanese keyboard is still at it, and would be confused
    regroup();
  });
  field.addEventListener("compositionend", regroup);

  function regroup() {
    const before = plain(field.value.slice(0, field.selectionStart)).length;
    field.value = grouped(field.value);
    const caret = before + Math.floor(Math.max(before - 1, 0) / 4);
    field.setSelectionRange(caret, caret);
    changed();
  }
}
