// PINs and codes as a person types them, and which PINs anyone would try first: said before anything is sent. The signing module decides.

const BETWEEN = /[\s\-\u2010-\u2015\u2212\u30fc]/g;

/** What was typed, in any width, without what stands between the digits. */
export function digits(text) {
  return text.normalize("NFKC").replace(BETWEEN, "");
}

/** Why a PIN is not taken, as the name of a sentence; null where it is. */
export function pinProblem(pin) {
  if (!/^[0-9]{6,12}$/.test(pin)) return "pin_length";
  if (isRepeated(pin) || isRun(pin) || isStuttered(pin)) return "pin_unacceptable";
  return null;
}

/** Whether this may be what a token shows. */
export function isCode(code) {
  return /^[0-9]{6,8}$/.test(code);
}

/** 111111, 121212, 123123, 1231231: the beginning again and again. */
function isRepeated(pin) {
  for (let size = 1; size <= pin.length / 2; size += 1) {
    if (pin.slice(0, size).repeat(pin.length).slice(0, pin.length) === pin) return true;
  }
  return false;
}

/** 123456, 987654, 789012, 246802: each digit the same step from the one before. */
function isRun(pin) {
  const steps = new Set([...pin].slice(1).map((digit, position) => (digit - pin[position] + 10) % 10));
  return steps.size === 1;
}

/** 112233, 995500, 111222. */
function isStuttered(pin) {
  return [2, 3].some((size) => pin.length % size === 0 && pin === pin.replace(new RegExp(`(.).{${size - 1}}`, "g"), (_, digit) => digit.repeat(size)));
}
