"""An application's mark: registered by the operator, shown beside its name, served so that it is a picture and nothing else."""

from pathlib import Path

from tests.app.test_mark import png
from tests.flow.browser import Browser
from tests.harness.signer import Signer
from tests.harness.stack import Stack


def test_mark_is_shown_in_the_place_of_the_initial(stack: Stack, taro: Signer, taros_browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "mark.png"
    file.write_bytes(png())
    shop = stack.application(None, "--mark", str(file))
    page = taros_browser.get(f"/approve/{shop.authorize(taro.credential_id)['handle']}")
    address = f"/applications/{shop.client_id}/mark"
    assert f'src="{address}"' in page.text
    picture = stack.http.get(address)
    assert (picture.status_code, picture.content, picture.headers["content-type"]) == (200, png(), "image/png")
    assert picture.headers["x-content-type-options"] == "nosniff"
    stack.natsuin("client", "remove", shop.client_id)
    assert stack.http.get(address).status_code == 404


def test_no_mark_that_is_no_picture(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "mark.png"
    file.write_bytes(b"<svg onload='alert(1)'/>")
    assert "PNG" in stack.natsuin("client", "add", "A mark that is none", "--mark", str(file), expect=1)["error"]
