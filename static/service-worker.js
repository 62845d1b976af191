// The service worker: shows what a push says, leads to the request in one tap, and has a page for when there is no network.

const OFFLINE = "/offline";
const KEPT = "offline-1";
const ACKNOWLEDGE_WITHIN_MS = 10_000;

addEventListener("install", (event) => event.waitUntil(keep().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
});
addEventListener("push", (event) => event.waitUntil(show(event.data)));
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAnew(event)));

/** Keep the page for when there is no network; its style stands in it. */
async function keep() {
  const cache = await caches.open(KEPT);
  await cache.put(OFFLINE, await fetch(OFFLINE, { cache: "no-store" }));
}

/**
 * Show a notification, whatever came: a push that shows nothing costs the subscription on iOS. The text comes with the push, and is the same
 * for everybody; a later push about the same request has the same tag, and takes its place.
 */
async function show(data) {
  const { title = "Natsuin", body = "", lang = "", navigate = "/", tag = "", silent = false } = read(data).notification ?? {};
  await registration.showNotification(title, { body, lang, tag, silent, data: navigate, icon: "/static/icon-192.png", badge: "/static/badge.png" });
  const id = new URL(navigate, location.origin).pathname.match(/^\/push\/([\w-]{22})$/)?.[1];
  if (id) await post("/push/delivered", { id }).catch(() => {}); // no network: then the server learns of it when it is tapped
}

function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

/** Lead to what the notification is about: in the start page where that is open, else in a window of its own. */
async function open(address) {
  const { origin, pathname } = new URL(address, location.origin);
  const target = origin === location.origin ? pathname : "/"; // never anywhere else
  for (const client of await clients.matchAll({ type: "window" })) {
    if (new URL(client.url).pathname !== "/") continue;
    const led = await client.navigate(target).catch(() => null);
    if (led) return led.focus();
  }
  return clients.openWindow(target);
}

/** The push service has given the browser another address. */
async function subscribeAnew({ oldSubscription, newSubscription }) {
  const { key } = await (await fetch("/push/key")).json();
  const subscription = newSubscription ?? (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  if (oldSubscription) await post("/push/unsubscribe", { endpoint: oldSubscription.endpoint });
  await post("/push/subscribe", subscription.toJSON());
}

async function post(path, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  const signal = AbortSignal.timeout(ACKNOWLEDGE_WITHIN_MS);
  await fetch(path, { method: "POST", headers, body: JSON.stringify(body), keepalive: true, signal });
}
