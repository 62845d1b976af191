"""
A phone that takes pushes: its push service is web-push-testing, and what came there is put into Chromium's real service worker.

Only the way between browser and push service is the tests': Chromium has none without its maker's. Subscribing gets a subscription of
web-push-testing; a push that it decrypted is delivered as its bytes stand (DevTools protocol, ServiceWorker.deliverPushMessage).
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.browser.phone import Phone
from tests.browser.words import Words
from tests.harness.chromium import FLAGS
from tests.harness.web_push_testing import WebPushTesting

SUBSCRIBING = """
const made = () => JSON.parse(localStorage.getItem("subscription"));
const subscription = (json) => json && {
  endpoint: json.endpoint,
  options: { applicationServerKey: Uint8Array.from(atob(json.key.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0)) },
  toJSON: () => ({ endpoint: json.endpoint, expirationTime: null, keys: json.keys }),
  unsubscribe: async () => { localStorage.removeItem("subscription"); return true; },
};
if (self.PushManager) {
  PushManager.prototype.getSubscription = async () => subscription(made());
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new DOMException("", "NotAllowedError");
    const json = { ...(await window.atPushService(applicationServerKey)), key: applicationServerKey };
    localStorage.setItem("subscription", JSON.stringify(json));
    return subscription(json);
  };
}
"""


class OwnProfile:
    """Chromium with a profile of its own, as a person has it: a click on a notification reaches no private window of a test."""

    def __init__(self, browser: Browser, folder: Path, screen: str) -> None:
        self._browser, self._folder, self._screen = browser, folder, screen

    def new_context(self, **settings: Any) -> BrowserContext:
        """Start it; it ends with its one context."""
        environment: dict[str, str | float | bool] = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": self._screen}
        return self._browser.browser_type.launch_persistent_context(
            self._folder, executable_path=shutil.which("chromium"), args=FLAGS, env=environment, **settings
        )


class Pushes:
    """The pushes of one phone."""

    def __init__(self, phone: Phone, service: WebPushTesting) -> None:
        self.phone, self.service = phone, service
        self.client_hash = ""
        self._registration = ""
        phone.context.expose_function("atPushService", self._subscribe)
        phone.context.add_init_script(SUBSCRIBING)
        self._session = phone.context.new_cdp_session(phone.page)
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._look_at_registrations)
        self._session.send("ServiceWorker.enable")

    def turn_on(self, words: Words) -> None:
        """Turn notifications on, on the page, and wait until it says so."""
        self.phone.page.goto("/notifications")
        self.phone.tap(words.turn_on)
        self.phone.shows(words.is_on)

    def deliver(self, count: int) -> dict[str, Any]:
        """Wait for the push of this number, put it into the service worker, and give what it says."""
        message = self.service.messages(self.client_hash, count)[count - 1]
        self.put(message)
        return dict(json.loads(message))

    def put(self, message: str) -> None:
        """Put a push into the service worker."""
        delivery = {"origin": self.phone.origin, "registrationId": self._registration, "data": message}
        self._session.send("ServiceWorker.deliverPushMessage", delivery)

    def standing(self) -> list[dict[str, str]]:
        """List the notifications that are shown, as the service worker knows them."""
        found: list[dict[str, str]] = self.phone.page.evaluate(
            "navigator.serviceWorker.ready.then((one) => one.getNotifications())"
            ".then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))"
        )
        return found

    def _subscribe(self, key: str) -> dict[str, Any]:
        made = self.service.subscribe(key)
        self.client_hash = made["clientHash"]
        return made

    def _look_at_registrations(self, event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if not one["isDeleted"]:
                self._registration = one["registrationId"]
