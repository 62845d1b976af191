// Wherever a page offers it: no requests for some hours, or again from now on. Afterwards the page says so itself.

for (const button of document.querySelectorAll("[data-quiet]")) {
  button.setAttribute("aria-disabled", "false");
  button.addEventListener("click", async () => {
    const answer = await fetch("/quiet", {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ hours: Number(button.dataset.quiet) }),
    }).catch(() => null);
    if (answer?.ok) return location.reload();
    button.closest("section, aside").querySelector("[data-quiet-failed]").hidden = false;
  });
}

if (!document.getElementById("sentences")) document.body.dataset.ready = ""; // a page without page.js, which says it elsewhere
