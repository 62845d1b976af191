// Pushes to this browser: whether it can take them, turning them on and off, and keeping the server's record of it up to date.

import { call, Refused } from "./page.js";

const POLICY = globalThis.trustedTypes?.createPolicy("service-worker", { createScriptURL: (address) => address });
const ADDRESS = "/service-worker.js";

/** How this browser stands: on, off, denied, home-screen (an iPhone takes pushes on its home screen only), or unable. */
export async function standing() {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    return navigator.standalone === false ? "home-screen" : "unable"; // only Safari on iPhone and iPad has `standalone`
  }
  if (Notification.permission === "denied") return "denied";
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = Notification.permission === "granted" ? await registration?.pushManager.getSubscription() : null;
  return subscription ? "on" : "off";
}

/** Ask for permission, which browsers allow in a tap only, and subscribe. */
export async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") throw new Refused("denied");
  const [{ key }, registration] = await Promise.all([call("/push/key"), register()]);
  await remember(await subscribe(registration, key));
}

export async function turnOff() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = await registration?.pushManager.getSubscription();
  if (!subscription) return;
  await call("/push/unsubscribe", { endpoint: subscription.endpoint });
  await subscription.unsubscribe();
}

/** Bring the server's record up to date where pushes are on; browsers lose subscriptions, and people sign in anew. */
export async function sync() {
  if ((await standing()) !== "on") return;
  const [{ key }, registration] = await Promise.all([call("/push/key"), register()]);
  await remember(await subscribe(registration, key));
}

/** Take the subscription that is there, unless it was made with another key of the server's. */
async function subscribe(registration, key) {
  const known = await registration.pushManager.getSubscription();
  if (known && base64url(known.options.applicationServerKey) === key) return known;
  await known?.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  return registration.pushManager.subscribe(options).catch(() => { throw new Refused("no_push_service"); });
}

async function remember(subscription) {
  await call("/push/subscribe", subscription.toJSON());
}

async function register() {
  await navigator.serviceWorker.register(POLICY ? POLICY.createScriptURL(ADDRESS) : ADDRESS, { scope: "/", updateViaCache: "none" });
  return navigator.serviceWorker.ready;
}

function base64url(buffer) {
  if (!buffer) return "";
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
