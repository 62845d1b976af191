// Passkeys: the two calls of WebAuthn L3 §5.1 in their JSON shapes, and their failures as sentences. Decides nothing: the server verifies.

import { Refused } from "./page.js";

export const supported = Boolean(window.PublicKeyCredential && navigator.credentials);

/** Make a passkey; call it directly in the tap. `options` is PublicKeyCredentialCreationOptionsJSON, the result RegistrationResponseJSON. */
export function makePasskey(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? parse(options);
  return navigator.credentials.create({ publicKey }).then(toJSON, refuse);
}

/** Use a passkey; call it directly in the tap. `options` is PublicKeyCredentialRequestOptionsJSON, the result AuthenticationResponseJSON. */
export function usePasskey(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? parse(options);
  return navigator.credentials.get({ publicKey }).then(toJSON, refuse);
}

/** Whether this device asks for a face, a fingerprint or a PIN. */
export function hasScreenLock() {
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
}

const codes = {
  NotAllowedError: "cancelled", // also where the time ran out, or there is no passkey: browsers do not say which
  AbortError: "cancelled",
  InvalidStateError: "passkey_exists",
  NotSupportedError: "no_screen_lock",
  ConstraintError: "no_screen_lock",
};

function refuse(problem) {
  throw new Refused(codes[problem.name] ?? "failed");
}

// iOS before 18.4 and Chrome before 129 know WebAuthn but not its JSON shapes; the rest of this file is for them.

function parse(options) {
  const known = (list) => list?.map((entry) => ({ ...entry, id: decode(entry.id) }));
  return {
    ...options,
    challenge: decode(options.challenge),
    user: options.user && { ...options.user, id: decode(options.user.id) },
    excludeCredentials: known(options.excludeCredentials),
    allowCredentials: known(options.allowCredentials),
  };
}

function toJSON(passkey) {
  if (passkey.toJSON) return passkey.toJSON();
  const { response } = passkey;
  const fields = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].filter((name) => response[name]);
  return {
    id: passkey.id,
    rawId: passkey.id,
    type: passkey.type,
    authenticatorAttachment: passkey.authenticatorAttachment ?? undefined,
    clientExtensionResults: passkey.getClientExtensionResults(),
    response: { ...Object.fromEntries(fields.map((name) => [name, encode(response[name])])), transports: response.getTransports?.() },
  };
}

function decode(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}

function encode(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
