// Changes that need a passkey: what is to be signed is fetched before the tap, shown from its own bytes, and sent with the passkey's answer.

import { call, Refused } from "./page.js";
import { usePasskey } from "./webauthn.js";

const FRESH_MS = 300_000; // half of a change's life
export const LOST = ["offline", "unavailable"]; // the same change again tells whether it was done

/** One change of kind `change`, of what is called `of`; `look` sees each answer of the server and what will be signed. Where it says false, nothing is. */
export function changeOf(change, of, look = () => true) {
  let offered = null;
  let at = 0;

  /** Have a fresh one in hand; what the page shows of it ([data-shown]) comes from the bytes that will be signed. */
  async function prepare() {
    const answer = await call("/account/change", { change, of });
    const said = JSON.parse(decoded(answer.transaction));
    if (look(answer, said) === false) throw new Refused("failed");
    offered = answer;
    at = Date.now();
    for (const place of document.querySelectorAll("[data-shown]")) place.textContent = said[place.dataset.shown];
  }

  /** In a tap: ask for the passkey. Where nothing fresh is in hand, throws Refused("again") once it is. `beside` goes with the answer. */
  async function approve(asking, sending, beside = {}) {
    if (!offered || Date.now() - at > FRESH_MS) {
      await prepare();
      throw new Refused("again");
    }
    const asked = usePasskey(offered.publicKey);
    asking();
    const credential = await asked;
    sending();
    await call(`/account/change/${offered.id}`, { credential, ...beside });
  }

  /** After a failure: keep what may have been done, and forget the rest. Answers whether the page shows a past state. */
  async function recover(refused) {
    if (refused.code === "change_over") return true;
    if (LOST.includes(refused.code) || refused.code === "again") return false;
    offered = null;
    return prepare().then(() => false, (problem) => problem.code === "change_over" || problem.code === "not_found");
  }

  return { prepare, approve, recover };
}

function decoded(base64url) {
  const bytes = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}
