"""
Where a push service's name leads: to addresses of the public Internet, or nowhere.

The addresses that were looked at are the ones that are connected to, so that a name which leads elsewhere a moment later (DNS rebinding)
gains nothing.
"""

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from app.errors import EndpointRefused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


class PublicResolver(AbstractResolver):
    """Resolves names through another resolver, and refuses a name that leads to any address which is neither public nor in `networks`."""

    def __init__(self, resolver: AbstractResolver, networks: tuple[Network, ...] = ()) -> None:
        self._resolver, self._networks = resolver, networks

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            if not is_public(one["host"]) and not is_within(one["host"], self._networks):
                raise EndpointRefused("leads to an address that is not public")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Tell whether an address is in one of these networks, as it stands."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return any(parsed.version == one.version and parsed in one for one in networks)


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the public Internet, also where it carries an IPv4 address inside (RFC 4291, 3056, 4380, 6052)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)))
        inside = (parsed.ipv4_mapped, parsed.sixtofour, *(parsed.teredo or ()))
        if parsed.is_site_local or any(one is not None and not is_public(str(one)) for one in inside):
            return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved
