// Hears at once what changes: an event stream (HTML §9.2) while the page is looked at, and asking now and then where there is none.

const ASK_AGAIN_MS = 4000;

/** Give `show` each state that the stream at `path` tells; without a stream, `ask` is called instead. A hidden page holds none. */
export function follow(path, show, ask = () => {}) {
  let stream = null;
  const open = () => {
    stream = new EventSource(path);
    stream.addEventListener("message", (event) => show(JSON.parse(event.data)));
  };
  const close = () => {
    stream?.close();
    stream = null;
  };
  const look = async () => {
    if (document.hidden || stream?.readyState === EventSource.OPEN) return;
    await ask();
    if (stream?.readyState === EventSource.CLOSED) open(); // it was refused, and does not try again by itself
  };
  if (!document.hidden) open();
  setInterval(look, ASK_AGAIN_MS);
  const again = () => {
    close();
    if (document.hidden) return;
    open();
    ask();
  };
  document.addEventListener("visibilitychange", again);
  addEventListener("offline", again); // a stream whose network went away looks open for long
  addEventListener("online", again);
  addEventListener("pagehide", close);
}
