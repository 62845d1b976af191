"""The client by itself: the small distribution is whole, and needs httpx2 and nothing else."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONELY = """
import sys
sys.path.insert(0, sys.argv[1])

class Lonely:
    allowed = {"natsuin", "httpx2"} | set(sys.argv[2].split(","))
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.allowed | sys.stdlib_module_names:
            raise ModuleNotFoundError(f"only httpx2 is here, not {name}")

import httpx2
sys.meta_path.insert(0, Lonely())
import natsuin.client
assert natsuin.client.__file__.startswith(sys.argv[1])
with natsuin.client.Client("http://localhost:1", natsuin.client.Account("a", "b"), patience_s=0) as client:
    try:
        client.credentials("taro")
    except natsuin.client.Unreachable as unreachable:
        print(unreachable.may_have_arrived)
"""


def test_the_client_is_installed_by_itself_and_runs_with_httpx2_only(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "natsuin", tmp_path / "source", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    alone = tmp_path / "alone"
    install = ["-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(alone)]
    subprocess.run([sys.executable, *install, str(tmp_path / "source")], check=True, capture_output=True, timeout=120)
    assert {file.name for file in alone.glob("natsuin/*.py")} == {file.name for file in (ROOT / "natsuin").glob("*.py")}
    needed = "h11,anyio,idna,certifi,truststore,httpcore2,sniffio"  # httpx2's own
    ended = subprocess.run([sys.executable, "-I", "-c", LONELY, str(alone), needed], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "False\n", ended.stderr


def test_the_two_distributions_agree() -> None:
    """Version, Python and lower bounds are the same in both."""
    whole, alone = (tomllib.loads((ROOT / place / "pyproject.toml").read_text())["project"] for place in (".", "natsuin"))
    assert [alone[name] for name in ("version", "requires-python", "license")] == [
        whole[name] for name in ("version", "requires-python", "license")
    ]
    bounds = {line for lines in (alone["dependencies"], *alone["optional-dependencies"].values()) for line in lines}
    assert bounds - {"natsuin-client[pdf]"} <= set(whole["dependencies"])
