"""A web worker whose clock is ahead: it shares database, Redis and SAM with those of a stack, and lives in the test's own process."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.testclient import TestClient

from app.config import read_config
from app.main import create_app
from tests.harness.stack import Stack


@contextmanager
def worker_ahead(stack: Stack, seconds: float) -> Iterator[TestClient]:
    """Run a worker for which it is `seconds` later; the SAM has its own clock."""
    app = create_app(read_config(stack.environment), lambda: time.time() + seconds)
    with TestClient(app, base_url=stack.origin, follow_redirects=False) as client:
        yield client
