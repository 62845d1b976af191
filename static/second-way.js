// second_way.html: the choice is made, or put off; on to the next page.

import { call, hush, onTap } from "./page.js";

onTap(document.getElementById("go"), async () => {
  hush();
  location.assign((await call("/second-way", {})).next);
});
