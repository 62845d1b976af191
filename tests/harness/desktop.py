"""
A desktop that shows notifications (Desktop Notifications Specification 1.2) on a D-Bus of its own: it keeps what it gets, and can click.

Chromium shows its notifications there as on any Linux desktop, so that a click reaches the service worker as a person's does.
"""

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NAME = "org.freedesktop.Notifications"
PLACE = DBusAddress("/org/freedesktop/Notifications", bus_name=NAME, interface=NAME)
PATIENCE_S = 20
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


@dataclass
class Notification:
    """One that was shown; `replaces` is the number of an earlier one, 0 where it is new."""

    number: int
    replaces: int
    title: str
    body: str


@dataclass
class Desktop:
    """What is shown, in the order in which it came."""

    address: str
    connection: DBusConnection
    shown: list[Notification] = field(default_factory=list)
    last: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, text: str) -> Notification:
        """Wait until the newest notification says this."""
        deadline = time.monotonic() + PATIENCE_S
        with self.changed:
            while not self.shown or text not in self.shown[-1].body:
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"no notification says {text}: {self.shown}"
                self.changed.wait(left_s)
            return self.shown[-1]

    def click(self, notification: Notification) -> None:
        """Click it, as a person does."""
        self.connection.send(new_signal(PLACE, "ActionInvoked", "us", (notification.number, "default")))

    def serve(self) -> None:
        """Answer until the bus is gone."""
        while True:
            try:
                message = self.connection.receive()
            except (ConnectionError, OSError):
                return
            if message.header.message_type is MessageType.method_call:
                self._answer(message)

    def _answer(self, message: Message) -> None:
        if message.header.fields.get(HeaderFields.member) != "Notify":
            self.connection.send(self._other(message))
            return
        _, replaces, _, title, body, *_ = message.body
        self.last = self.last if replaces else self.last + 1
        shown = Notification(replaces or self.last, replaces, title, body)
        # The program knows a notification by this number: a click that came before it would be lost.
        self.connection.send(new_method_return(message, "u", (shown.number,)))
        with self.changed:
            self.shown.append(shown)
            self.changed.notify_all()

    def _other(self, message: Message) -> Message:
        match message.header.fields.get(HeaderFields.member):
            case "GetCapabilities":
                return new_method_return(message, "as", (["actions", "body"],))
            case "GetServerInformation":
                return new_method_return(message, "ssss", ("desktop", "tests", "1", "1.2"))
            case _:
                return new_method_return(message)


@contextmanager
def desktop() -> Iterator[Desktop]:
    """Run one for as long as the block lasts; a program that is started with its `address` as DBUS_SESSION_BUS_ADDRESS shows there."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "bus.conf"
        config.write_text(CONFIG.format(folder=folder))
        words = ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--print-address"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as bus:
            assert bus.stdout is not None
            address = bus.stdout.readline().strip()
            running = Desktop(address, open_dbus_connection(address))
            running.connection.send_and_get_reply(message_bus.RequestName(NAME))
            serving = threading.Thread(target=running.serve, daemon=True)
            serving.start()
            try:
                yield running
            finally:
                bus.kill()
                serving.join()
                running.connection.close()
