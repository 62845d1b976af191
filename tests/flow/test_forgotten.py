"""An enrolment whose key got no certificate in time: the SAM takes the key off the token, and the link is over here as well."""

import asyncio
import time
from pathlib import Path

from app.authorization.forget import end_forgotten
from app.config import read_config
from app.services import open_services
from demo.passkey import Passkey
from tests.flow.browser import Browse
from tests.flow.records import Records
from tests.flow.test_enrollment_deaths import objects_on_token
from tests.harness.stack import Stack, running_stack


def test_key_whose_code_died_leaves_nothing(tmp_path: Path, browse: Browse) -> None:
    """The CA is away when the key is made, and comes back after the key's time: the same link is unknown then, and no object is left."""
    with running_stack(tmp_path, NATSUIN_UNCERTIFIED_LIFE="1") as stack:
        links = [stack.enrollment_url("taro").partition("#")[2], stack.enrollment_url("hanako").partition("#")[2]]
        objects = objects_on_token(stack)
        stack.kill("ca")
        for link in links:
            browser, passkey = browse(stack), Passkey()
            offered = browser.post("/enroll/options", {"link": link}).json()["publicKey"]
            answer = browser.post("/enroll/key", {"link": link, "credential": passkey.create(offered, stack.origin)})
            assert answer.status_code == 200, answer.text
        wait_until_forgotten(stack, len(links), objects)
        stack.start("ca")
        assert browse(stack).post("/enroll", {"link": links[0]}).json() == {"error": "link_unknown"}
        assert stack.natsuin("signer", "show", "taro")["unfinished"] == []
        assert len(stack.natsuin("signer", "show", "hanako")["unfinished"]) == 1
        end_overdue(stack)
        assert stack.natsuin("signer", "show", "hanako")["unfinished"] == []
        assert objects_on_token(stack) == objects


def wait_until_forgotten(stack: Stack, number: int, objects: int) -> None:
    records, deadline = Records(stack), time.monotonic() + 30
    while records.one_of_sam("SELECT count(*) FROM credentials WHERE state = 'destroyed'") < number or objects_on_token(stack) > objects:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def end_overdue(stack: Stack) -> None:
    """Do what the workers do every ten minutes, when the links are over."""

    async def run() -> None:
        async with open_services(read_config(stack.environment), lambda: time.time() + 366 * 86_400) as services:
            await end_forgotten(services)

    asyncio.run(run())
