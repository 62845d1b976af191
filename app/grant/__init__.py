"""How an application asks to be granted something: pushed authorization requests and the browser's way, and backchannel authentication."""
