"""
A call as a command for a shell (POSIX 2024 §2.2): what anybody wrote is within single quotes, only our variables are open.

`DOCUMENT_1` and so on stand for files in base64; they go through `printf`, because an argument of a command may not be as long as a file.
"""

from demo.relying.wire import DOCUMENT, Call, Parts

NAMES = {"content-type": "Content-Type", "prefer": "Prefer", "idempotency-key": "Idempotency-Key"}


def curl(call: Call, files: str = "") -> str:
    """Write the command; it works where the variables are set that it names. Documents are fetched from the address `files` + number."""
    lines = [f"curl {quoted((call.url,))}"]
    if call.method != ("POST" if call.body else "GET"):
        lines.append(f"-X {quoted((call.method,))}")
    if call.authorization == "basic":
        lines.append('-u "$CLIENT_ID:$CLIENT_SECRET"')
    elif call.authorization:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    lines += [f"-H {quoted((f'{NAMES.get(name, name)}: {value}',))}" for name, value in call.headers]
    if not call.body:
        return _joined(lines)
    if documents := [name for name in call.body[1::2] if name.startswith(DOCUMENT)]:
        fetched = [f"{name}=$(curl -s {quoted((files + name.removeprefix(DOCUMENT),))} | base64 -w 0)\n" for name in documents]
        return f"{''.join(fetched)}printf '%s' {quoted(call.body)} |\n  {_joined([*lines, '--data-binary @-'])}"
    return _joined([*lines, f"--data-raw {quoted(call.body)}"])


def quoted(parts: Parts) -> str:
    """Quote a text in pieces; nothing of it but the variables means anything to the shell."""
    pieces = ((_single(part) if position % 2 == 0 else f'"${part}"') for position, part in enumerate(parts))
    return "".join(pieces)


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _joined(lines: list[str]) -> str:
    return " \\\n  ".join(lines)
