// agreement.html: let an application see the certificate and ask, or end that.

import { call, onTap, say } from "./page.js";

const decide = (agree) => async () => {
  say("sending");
  await call(location.pathname, { agree });
  location.reload();
};

onTap(document.getElementById("agree"), decide(true));
onTap(document.getElementById("end"), decide(false));
