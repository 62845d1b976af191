// access.html: lets the application see the keys, or not; the same address then leads back to it.

import { call, countDown, onTap, say } from "./page.js";

countDown(() => location.reload());
onTap(document.getElementById("agree"), () => answer(true));
onTap(document.getElementById("refuse"), () => answer(false));

async function answer(agree) {
  say("sending");
  const { path } = await call(location.pathname, { agree });
  location.replace(path);
}
