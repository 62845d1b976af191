// screen_code.html: hands in the code that stands behind the #, takes it out of the address, and goes on to the request.

import { call, say } from "./page.js";

const code = location.hash.slice(1);
history.replaceState(null, "", location.pathname + location.search);

call("/s", { code }).then(({ path }) => location.replace(path), (refused) => {
  if (refused.code !== "code_over") return say(refused.code);
  document.getElementById("opening").hidden = true;
  const over = document.getElementById("over");
  over.hidden = false;
  over.querySelector("h1").focus();
});
