"""Everything that remembers: SQL for what must never be forgotten, Redis for what may be asked again."""
