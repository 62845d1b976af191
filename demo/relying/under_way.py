"""The tasks that look after jobs: one for each that is under way, begun by a page or when the program starts."""

import asyncio

from starlette.datastructures import State

from demo.relying.signing import carry_out


def begin(state: State, job_id: str) -> None:
    """Look after a job from now on."""
    task = asyncio.create_task(carry_out(job_id, state.jobs, state.config))
    state.under_way.add(task)  # or else nobody holds the task
    task.add_done_callback(state.under_way.discard)


def begin_again(state: State) -> None:
    """Look after what outlived the program: the service still has these requests."""
    for job in state.jobs.begun():
        begin(state, job.id)


async def leave(state: State) -> None:
    """Let go of every job; the service keeps its requests, and `begin_again` goes on with them."""
    for task in state.under_way:
        task.cancel()
    await asyncio.gather(*state.under_way, return_exceptions=True)
