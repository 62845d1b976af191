"""The application as a value, with no database, Redis or SAM behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.config import read_config
from app.main import create_app

Visit = Callable[[str], TestClient]


@pytest.fixture
def visit_unstarted(tmp_path: Path) -> Visit:
    """Give a client of a server with this origin that was never started, so that every route fails as nobody foresaw."""

    def visit(origin: str) -> TestClient:
        config = read_config({"NATSUIN_ORIGIN": origin, "NATSUIN_DATA": str(tmp_path)})
        return TestClient(create_app(config), base_url=origin, raise_server_exceptions=False, follow_redirects=False)

    return visit


@pytest.fixture
def visit(visit_unstarted: Visit) -> Iterator[Visit]:
    """Give a client of a server with this origin that was started alone; it can show whatever needs no other part."""
    with ExitStack() as started:
        yield lambda origin: started.enter_context(visit_unstarted(origin))
