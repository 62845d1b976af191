// A reminder that may wait: "Not now" takes it off this device.

for (const reminder of document.querySelectorAll("[data-reminder]")) {
  reminder.querySelector("button").addEventListener("click", async () => {
    const answer = await fetch(`/account/reminders/${reminder.dataset.reminder}/dismiss`, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: "{}",
    }).catch(() => null);
    if (answer?.ok) reminder.remove(); // else it stays, which is no harm
  });
}
document.body.dataset.ready = ""; // tests wait for it
