"""What `natsuin sign` shows while it waits: where the signer can approve, as a QR code on a terminal, and how far the request has come."""

import json
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import segno
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from natsuin.client import Asked

WORDS = {
    "waiting": "waiting to reach the phone",
    "delivered": "delivered to the phone",
    "opened": "opened by the signer",
    "no_device": "no phone gets messages: scan the code, or open the link",
    "inbox": "waits on the signer's start page",
}
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
QUIET = 2  # modules around a QR code; ISO/IEC 18004 wants 4, cameras are content with 2


class Display:
    """People see a picture that is kept up to date, or lines where there is no terminal; programs get one JSON object a line."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._console = Console(highlight=False)
        self._errors = Console(stderr=True, highlight=False)
        self._asked: Asked | None = None
        self._ends, self._progress = 0.0, ""

    def waiting(self) -> AbstractContextManager[object]:
        """Keep the picture up to date for as long as the block lasts: a moving code is another every second."""
        if self._as_json or not self._console.is_terminal:
            return nullcontext()
        return Live(get_renderable=self.picture, console=self._console, refresh_per_second=2, transient=True)

    def asked(self, asked: Asked) -> None:
        self._asked, self._ends = asked, time.monotonic() + asked.expires_in_s
        if self._as_json:
            self.record(
                event="asked",
                handle=asked.handle,
                approval_url=asked.approval_url,
                verification_code=asked.verification_code,
                expires_in=asked.expires_in_s,
            )
        elif not self._console.is_terminal:
            self._line(f"Asked. Open on the phone: {asked.approval_url or 'the code on a terminal only'}")
            if asked.verification_code is not None:
                self._line(f"The number to type there: {asked.verification_code}")
        if asked.progress is not None:
            self.progress(asked.progress)

    def progress(self, word: str) -> None:
        if word == self._progress:
            return
        self._progress = word
        if self._as_json:
            self.record(event="progress", progress=word)
        elif not self._console.is_terminal:
            self._line(WORDS.get(word, word))

    def result(self, text: str, **record: Any) -> None:
        if self._as_json:
            self.record(**record)
        else:
            self._line(text)

    def error(self, text: str, **record: Any) -> None:
        if self._as_json:
            self.record(message=text, **record)
        else:
            self._errors.print(Text("✗ ", style="bold red") + Text(text), soft_wrap=True)

    def record(self, **fields: Any) -> None:
        sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def picture(self) -> RenderableType:
        """Draw what is so now."""
        if self._asked is None:
            return Text("Asking …")
        asked, left_s = self._asked, max(0, int(self._ends - time.monotonic()))
        address = asked.moving_code.address("qr") if asked.approval_url is None and asked.moving_code is not None else asked.approval_url
        parts: list[RenderableType] = [Text("Scan with the signer's phone, and approve there."), Text(), qr_code(address or "")]
        if asked.approval_url is not None:
            parts += [Text(asked.approval_url, style="underline", overflow="fold")]
        if asked.verification_code is not None:
            parts += [Text("The number to type there: ") + Text(asked.verification_code, style="bold")]
        return Group(*parts, Text(f"{WORDS.get(self._progress, self._progress or 'asked')}; {left_s} s left", style="dim"))

    def _line(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)


def qr_code(text: str) -> Text:
    """Draw a QR code (ISO/IEC 18004), two rows of modules in one of letters, dark on light whatever the terminal's colours."""
    rows = [[bool(module) for module in row] for row in segno.make(text, error="l", micro=False).matrix_iter(border=QUIET)]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    lines = ("".join(HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in zip(rows[::2], rows[1::2], strict=True))
    return Text("\n").join(Text(line, style="#000000 on #ffffff", no_wrap=True) for line in lines)
