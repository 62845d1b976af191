// Recovery codes, made here so that no server knows one before it is used; and the hash that the server knows each by.

import { ALPHABET, withCheckLetters } from "./code.js";

const RANDOM_LETTERS = 18; // of five bits each
const DOMAIN = "natsuin/v1/recovery-code\0";

/** A new code: twenty letters, without dashes. */
export function newCode() {
  const chances = crypto.getRandomValues(new Uint8Array(RANDOM_LETTERS));
  return withCheckLetters([...chances].map((chance) => ALPHABET[chance % ALPHABET.length]).join("")); // 32 letters: each as likely as any
}

/** Its SHA-256, in hex. */
export async function hashOf(code) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(DOMAIN + code));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
