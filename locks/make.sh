#!/bin/sh
# Locks the newest versions that pyproject.toml allows; the smaller locks take theirs from the largest.
set -eu
cd "$(dirname "$0")/.."
compile() {
    output=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
        pyproject.toml --extra build --extra postgresql "$@" --output-file "locks/$output.txt"
}
compile test --extra demo --extra test --upgrade
compile demo --extra demo --constraint locks/test.txt
compile run --constraint locks/test.txt
.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
    bench/csc-dummy.in --output-file bench/csc-dummy.txt
