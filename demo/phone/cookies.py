"""The cookies of one phone at one server, by the browser rules that matter there (RFC 6265bis §5.7); paths and dates are not looked at."""

from http.cookies import Morsel, SimpleCookie


class Cookies:
    def __init__(self, origin: str) -> None:
        self._is_https = origin.startswith("https://")
        self._values: dict[str, str] = {}

    @property
    def header(self) -> str:
        """The value of the `Cookie` header; empty where there is none to send."""
        return "; ".join(f"{name}={value}" for name, value in self._values.items())

    def keep(self, cookies: SimpleCookie) -> None:
        """Take over what an answer sets, and drop what it takes back."""
        for name, cookie in cookies.items():
            if not cookie.value or cookie["max-age"] == "0":
                self._values.pop(name, None)
            elif self._is_acceptable(name, cookie):
                self._values[name] = cookie.value

    def _is_acceptable(self, name: str, cookie: "Morsel[str]") -> bool:
        """`Secure` only over https, and the prefix `__Host-` only with `Secure`."""
        if cookie["secure"]:
            return self._is_https
        return not name.startswith("__Host-")
