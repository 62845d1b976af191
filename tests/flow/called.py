"""An application that is called back: what comes to its address, verified as its developers would."""

import os

from standardwebhooks import Webhook

from tests.harness.push_service import Push, PushService
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack


class Called:
    """An application with a callback address of its own."""

    def __init__(self, stack: Stack, receiver: PushService) -> None:
        self.name = os.urandom(8).hex()
        self.url = receiver.endpoint(self.name)
        made = stack.natsuin("client", "add", f"Called {self.name}", "--for-all", "--callback-url", self.url)
        self.application = Application(stack, made["client_id"], made["client_secret"])
        self.secret, self.receiver = made["callback_secret"], receiver

    def ask(self, person: Signer) -> str:
        return str(self.application.authorize(person.credential_id)["handle"])

    def came(self) -> list[Push]:
        return self.receiver.at(self.name)

    def messages(self, count: int) -> list[dict[str, str]]:
        """Wait for so many callbacks, and give what they say; each verifies."""
        verifying = Webhook(self.secret)
        return [verifying.verify(one.body, one.headers) for one in self.receiver.wait_for(self.name, count)]

    def told(self, count: int) -> list[str]:
        """Wait for so many callbacks about requests, and give the handles that they name."""
        return [one["handle"] for one in self.messages(count)]
