"""`python -m demo.run [--once]`: exit code 0 only if both validators accept the signed contract; everything is stopped at the end."""

import argparse
import asyncio
import logging
import signal
import sys

from rich.console import Console

from demo.passkey import PasskeyError
from demo.phone.errors import PhoneError
from demo.run.errors import DemoFailed
from demo.run.places import read_places
from demo.run.report import Report
from demo.run.stack import run_stack
from demo.run.story import invite_a_person, sign_the_contract
from demo.validate import ValidationImpossible
from natsuin.client import ClientError

DONE, FAILED, INTERRUPTED = 0, 1, 130


async def run(report: Report, *, once: bool) -> int:
    """Start, sign, validate, and without `once` stay up; return the exit code."""
    places = read_places()
    report.title("Natsuin: one signature, end to end")
    async with run_stack(places) as stack:
        with report.step("Stack starts") as step:
            await stack.ready()
            step.say(f"Stack is ready at {places.origin}")
        is_accepted = await sign_the_contract(stack, places, report)
        report.lines(f"The signed contract: {places.signed}")
        if once or not is_accepted:
            return DONE if is_accepted else FAILED
        await invite_a_person(stack, places, report)
        try:
            await stack.stay()
        except asyncio.CancelledError:  # Ctrl-C is how this ends
            report.lines("Stopping …")
    return DONE


async def run_until_stopped(report: Report, *, once: bool) -> int:
    """Run, and end in order on SIGINT and SIGTERM, however often they come."""
    job = asyncio.create_task(run(report, once=once))
    asked_to_stop = False

    def stop() -> None:
        nonlocal asked_to_stop
        if not asked_to_stop:
            asked_to_stop = True
            job.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        return await job
    except asyncio.CancelledError:
        report.lines("Stopped.")
        return INTERRUPTED
    except (DemoFailed, ClientError, PhoneError, PasskeyError, ValidationImpossible) as failure:
        report.failure(str(failure))
        return FAILED


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m demo.run", description="Sign a contract end to end, then stay up.")
    arguments.add_argument("--once", action="store_true", help="end after the validation")
    once: bool = arguments.parse_args().once
    logging.disable(logging.WARNING)  # the steps say what happens
    return asyncio.run(run_until_stopped(Report(Console(highlight=False)), once=once))


if __name__ == "__main__":
    sys.exit(main())
